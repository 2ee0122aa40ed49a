using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Trust;

/// <summary>Another agent that this one trusts.</summary>
[DataContract]
public sealed class TrustInfo
{
    /// <summary>The other agent's id, as a GUID.</summary>
    [DataMember(Name = "agentId")]
    public string AgentId { get => field ?? ""; set; }

    /// <summary>Its label here.</summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>Where it is reached, as <c>host:port</c>; absent if it only connects to us.</summary>
    [DataMember(Name = "address", EmitDefaultValue = false)]
    public string? Address { get; set; }

    /// <summary>The public key that is pinned, SHA-256 in hexadecimal.</summary>
    [DataMember(Name = "certificateFingerprint")]
    public string CertificateFingerprint { get => field ?? ""; set; }

    /// <summary>When the trust was made (ISO 8601, UTC).</summary>
    [DataMember(Name = "createdAt")]
    public string CreatedAt { get => field ?? ""; set; }

    /// <summary>True while a link session stands.</summary>
    [DataMember(Name = "connected")]
    public bool Connected { get; set; }

    /// <summary>Why there is no session; absent while there is one.</summary>
    [DataMember(Name = "lastError", EmitDefaultValue = false)]
    public string? LastError { get; set; }

    /// <summary>The error id behind it, one of the documented ids.</summary>
    [DataMember(Name = "lastErrorId", EmitDefaultValue = false)]
    public string? LastErrorId { get; set; }

    /// <summary>When it was last heard (ISO 8601, UTC).</summary>
    [DataMember(Name = "lastSeenAt", EmitDefaultValue = false)]
    public string? LastSeenAt { get; set; }

    /// <summary>The last measured round trip.</summary>
    [DataMember(Name = "roundTripMs", EmitDefaultValue = false)]
    public double? RoundTripMs { get; set; }

    /// <summary>How far the other clock is ahead of ours.</summary>
    [DataMember(Name = "clockSkewMs", EmitDefaultValue = false)]
    public double? ClockSkewMs { get; set; }

    /// <summary>How many pairs use it.</summary>
    [DataMember(Name = "pairCount")]
    public int PairCount { get; set; }
}
