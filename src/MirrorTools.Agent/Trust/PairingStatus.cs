namespace MirrorTools.Agent.Trust;

/// <summary>What the listener says of a pairing attempt. The numbers are on the wire.</summary>
internal enum PairingStatus : byte
{
    /// <summary>Go on, or paired.</summary>
    Good = 0,

    /// <summary>There is no such offer, or the proof does not fit.</summary>
    Wrong = 1,

    /// <summary>The offer's lifetime is over.</summary>
    Expired = 2,

    /// <summary>The offer was used.</summary>
    Used = 3,

    /// <summary>The offer was voided.</summary>
    Voided = 4,

    /// <summary>The listener could not store the trust.</summary>
    StoreFailed = 5,

    /// <summary>The listener does not speak this version of pairing.</summary>
    OtherVersion = 6,
}
