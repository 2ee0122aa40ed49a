using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Trust;

namespace MirrorTools.Cmdlets.Trust;

/// <summary>A one-time pairing code. It is shown once.</summary>
public sealed class MirrorTrustCode
{
    internal MirrorTrustCode(TrustCodeInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        Code = info.Code;
        Address = info.Address;
        CertificateFingerprint = info.CertificateFingerprint;
        ExpiresAt = WireTime.Read(info.ExpiresAt);
    }

    /// <summary>What New-MirrorTrust -Code takes on the other agent.</summary>
    public string Code { get; }

    /// <summary>The address in it.</summary>
    public string Address { get; }

    /// <summary>The fingerprint in it.</summary>
    public string CertificateFingerprint { get; }

    /// <summary>Until when it may be used.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => Code;
}
