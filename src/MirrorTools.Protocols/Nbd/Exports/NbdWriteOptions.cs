namespace MirrorTools.Protocols.Nbd;

/// <summary>How a write, a write zeroes or a trim is to be done.</summary>
[Flags]
public enum NbdWriteOptions
{
    /// <summary>Visible at completion, durable after the next flush.</summary>
    None = 0,

    /// <summary>Durable at completion (FUA).</summary>
    ForceUnitAccess = 1,

    /// <summary>Zeroes stay allocated, so that a later write can't fail for lack of space.</summary>
    NoHole = 2,

    /// <summary>Fail with <see cref="NbdError.NotSupported"/> at once rather than write zeroes the slow way.</summary>
    FastZero = 4,
}
