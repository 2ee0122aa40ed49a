namespace MirrorTools.Engine.Volumes;

/// <summary>How a write is to be done.</summary>
[Flags]
public enum WriteOptions
{
    /// <summary>An ordinary write: visible at completion, durable after the next flush.</summary>
    None = 0,

    /// <summary>The write is durable when it completes (FUA).</summary>
    ForceUnitAccess = 1,

    /// <summary>Zeros may be stored as a hole (TRIM, or WRITE_ZEROES without NO_HOLE).</summary>
    MayUnmap = 2,
}
