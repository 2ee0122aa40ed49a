namespace MirrorTools.Agent.Trust;

/// <summary>Where an offer is in its life.</summary>
internal enum PairingOfferState
{
    /// <summary>Waits for a joiner.</summary>
    Live,

    /// <summary>A joiner has proved the code; waits for the trust to be stored.</summary>
    Storing,

    /// <summary>Used.</summary>
    Used,

    /// <summary>Voided by too many failures, or by its maker.</summary>
    Voided,

    /// <summary>Its lifetime is over.</summary>
    Expired,
}
