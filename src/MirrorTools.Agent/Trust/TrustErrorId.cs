namespace MirrorTools.Agent.Trust;

/// <summary>What can go wrong when two agents are to trust each other. The names are the documented error ids.</summary>
public enum TrustErrorId
{
    /// <summary>The text is no pairing code: damaged, cut short, or of a later version.</summary>
    TrustCodeMalformed,

    /// <summary>The code's lifetime is over.</summary>
    TrustCodeExpired,

    /// <summary>The code was used already.</summary>
    TrustCodeUsed,

    /// <summary>The other agent does not know this code.</summary>
    TrustCodeWrong,

    /// <summary>The code was voided after too many failed attempts, or by its maker.</summary>
    TrustCodeVoided,

    /// <summary>No agent answers at any of the code's addresses, or it hung up.</summary>
    PeerUnreachable,

    /// <summary>The agent at the address has another certificate than the code or the trust says.</summary>
    FingerprintMismatch,

    /// <summary>The two agents have no version of pairing in common.</summary>
    OtherVersion,

    /// <summary>The code leads back to this agent.</summary>
    TrustSelf,

    /// <summary>No trusted agent has that id or name.</summary>
    TrustNotFound,

    /// <summary>The trust store cannot be read or written.</summary>
    TrustStoreFailed,
}
