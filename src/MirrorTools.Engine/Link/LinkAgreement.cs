using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>What a handshake came to.</summary>
/// <param name="Version">The protocol version in use.</param>
/// <param name="PeerAgentId">The agent at the other end.</param>
/// <param name="PeerSoftwareVersion">Its software version.</param>
/// <param name="SessionId">The session's identity.</param>
/// <param name="MaxPayloadBytes">Largest data of a message.</param>
/// <param name="Features">What both ends have.</param>
internal sealed record LinkAgreement(
    int Version, Guid PeerAgentId, string PeerSoftwareVersion, Guid SessionId, int MaxPayloadBytes, LinkFeatures Features)
{
    /// <summary>Whether messages may be compressed.</summary>
    public bool Compression => Features.HasFlag(LinkFeatures.Compression);
}
