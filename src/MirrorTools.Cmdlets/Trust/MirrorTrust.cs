using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Trust;

namespace MirrorTools.Cmdlets.Trust;

/// <summary>Another agent that an agent trusts.</summary>
public sealed class MirrorTrust
{
    internal MirrorTrust(TrustInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        Name = info.Name;
        AgentId = info.AgentId;
        Address = info.Address;
        CertificateFingerprint = info.CertificateFingerprint;
        Connected = info.Connected;
        LastError = info.LastError;
        LastErrorId = info.LastErrorId;
        LastSeenAt = WireTime.Read(info.LastSeenAt);
        RoundTrip = Wire.Duration(info.RoundTripMs);
        ClockSkew = Wire.Duration(info.ClockSkewMs);
        PairCount = info.PairCount;
        CreatedAt = WireTime.Read(info.CreatedAt);
    }

    /// <summary>Its label.</summary>
    public string Name { get; }

    /// <summary>Its 128-bit id.</summary>
    public string AgentId { get; }

    /// <summary>Where it is reached; nothing if it only connects to us.</summary>
    public string? Address { get; }

    /// <summary>The public key that is pinned.</summary>
    public string CertificateFingerprint { get; }

    /// <summary>True while a link session stands.</summary>
    public bool Connected { get; }

    /// <summary>Why there is no session; nothing while there is one.</summary>
    public string? LastError { get; }

    /// <summary>The error id behind it.</summary>
    public string? LastErrorId { get; }

    /// <summary>When it was last heard.</summary>
    public DateTimeOffset? LastSeenAt { get; }

    /// <summary>The last measured round trip.</summary>
    public TimeSpan? RoundTrip { get; }

    /// <summary>How far its clock is ahead of ours.</summary>
    public TimeSpan? ClockSkew { get; }

    /// <summary>How many pairs use it.</summary>
    public int PairCount { get; }

    /// <summary>When the trust was made.</summary>
    public DateTimeOffset? CreatedAt { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
