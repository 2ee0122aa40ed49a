using System.Collections.Frozen;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>What one end of a <see cref="LinkSession"/> is and allows. All bounds are checked when the session starts.</summary>
public sealed record LinkOptions
{
    /// <summary>This agent's identity.</summary>
    public required Guid AgentId { get; init; }

    /// <summary>This agent's software version, for the peer to show; at most 64 bytes of UTF-8.</summary>
    public required string SoftwareVersion { get; init; }

    /// <summary>Whether this end connected (it says hello first); the other end accepted.</summary>
    public required bool IsInitiator { get; init; }

    /// <summary>Source of fresh identities: random in production, seeded in the simulator.</summary>
    public required Func<Guid> NewId { get; init; }

    /// <summary>The agent that must be at the other end, known from its key; null accepts any.</summary>
    public Guid? ExpectedPeerAgentId { get; init; }

    /// <summary>Largest payload of one message in bytes, 4 KiB to 4 MiB; the smaller of both ends counts.</summary>
    public int MaxFrameBytes { get; init; } = LinkProtocol.MaxPayloadBytes;

    /// <summary>Bytes the peer may send on one channel ahead of their release; at least twice <see cref="MaxFrameBytes"/>.</summary>
    public int ChannelCreditBytes { get; init; } = 16 << 20;

    /// <summary>Messages the peer may send on one channel ahead of their release.</summary>
    public int ChannelCreditMessages { get; init; } = 1024;

    /// <summary>Channels that may be open at once, counted over both ends.</summary>
    public int MaxChannels { get; init; } = 256;

    /// <summary>Requests of the peer that are handled at once, and own requests that may wait for an answer.</summary>
    public int MaxRequests { get; init; } = 64;

    /// <summary>Time between two pings.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The session is cut when nothing arrived, or one send stood still, for this long.</summary>
    public TimeSpan KeepAliveDeadline { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time for the whole handshake, and for the peer's answer to an opened channel.</summary>
    public TimeSpan HandshakeDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Compress payloads where that saves; happens only where both ends say so.</summary>
    public bool Compression { get; init; }

    /// <summary>What this end has beside compression; in use is what both ends have.</summary>
    public LinkFeatures Features { get; init; } = LinkProtocol.Features;

    /// <summary>Oldest protocol version this end speaks (N-1).</summary>
    public ushort OldestVersion { get; init; } = LinkProtocol.OldestVersion;

    /// <summary>Newest protocol version this end speaks (N).</summary>
    public ushort NewestVersion { get; init; } = LinkProtocol.NewestVersion;

    /// <summary>Handlers of the peer's requests by method name.</summary>
    public IReadOnlyDictionary<string, LinkRequestHandler> RequestHandlers { get; init; } = FrozenDictionary<string, LinkRequestHandler>.Empty;

    /// <summary>
    /// Called with the pair and the channel when the peer opens one; true accepts it. May keep the channel and start to receive at once, but must
    /// return before the handshake deadline of the peer. Null refuses every channel.
    /// </summary>
    public Func<Guid, IPeerChannel, ValueTask<bool>>? AcceptChannel { get; init; }

    /// <summary>Throws where an option is out of bounds: a mistake of the caller.</summary>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfEqual(AgentId, Guid.Empty, nameof(AgentId));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(OldestVersion, NewestVersion, nameof(OldestVersion));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFrameBytes, LinkProtocol.MinPayloadBytes, nameof(MaxFrameBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxFrameBytes, LinkProtocol.MaxPayloadBytes, nameof(MaxFrameBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(ChannelCreditBytes, 2 * MaxFrameBytes, nameof(ChannelCreditBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ChannelCreditBytes, LinkProtocol.MaxCreditBytes, nameof(ChannelCreditBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(ChannelCreditMessages, 1, nameof(ChannelCreditMessages));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ChannelCreditMessages, LinkProtocol.MaxCreditMessages, nameof(ChannelCreditMessages));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxChannels, 1, nameof(MaxChannels));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRequests, 1, nameof(MaxRequests));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HandshakeDeadline, TimeSpan.Zero, nameof(HandshakeDeadline));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(KeepAliveInterval, TimeSpan.Zero, nameof(KeepAliveInterval));
        ArgumentOutOfRangeException.ThrowIfLessThan(KeepAliveDeadline, 2 * KeepAliveInterval, nameof(KeepAliveDeadline));
    }
}
