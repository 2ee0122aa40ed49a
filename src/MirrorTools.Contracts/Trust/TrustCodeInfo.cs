using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Trust;

/// <summary>A one-time pairing code. It is shown once and cannot be asked for again.</summary>
[DataContract]
public sealed class TrustCodeInfo
{
    /// <summary>The code: address, certificate fingerprint and secret.</summary>
    [DataMember(Name = "code")]
    public string Code { get => field ?? ""; set; }

    /// <summary>The address in it.</summary>
    [DataMember(Name = "address")]
    public string Address { get => field ?? ""; set; }

    /// <summary>The fingerprint in it.</summary>
    [DataMember(Name = "certificateFingerprint")]
    public string CertificateFingerprint { get => field ?? ""; set; }

    /// <summary>Until when it may be used (ISO 8601, UTC).</summary>
    [DataMember(Name = "expiresAt")]
    public string ExpiresAt { get => field ?? ""; set; }
}
