namespace MirrorTools.Protocols.Nbd;

/// <summary>What an export can do; becomes the transmission flags that hosts see.</summary>
[Flags]
public enum NbdExportFeatures
{
    /// <summary>Reads and writes only; writes are durable when they complete.</summary>
    None = 0,

    /// <summary>Writes, zeroes and trims are refused with EPERM.</summary>
    ReadOnly = 1,

    /// <summary>Flush is offered.</summary>
    Flush = 2,

    /// <summary>Single writes may be asked to be durable at completion (FUA).</summary>
    ForceUnitAccess = 4,

    /// <summary>The medium has seek costs, so that hosts should order their requests.</summary>
    Rotational = 8,

    /// <summary>Trim is offered; trimmed ranges read back zeros.</summary>
    Trim = 16,

    /// <summary>Write zeroes is offered.</summary>
    WriteZeroes = 32,

    /// <summary>A write zeroes with <see cref="NbdWriteOptions.FastZero"/> fails at once where it would be as slow as writing. Only where that is true.</summary>
    FastZero = 64,

    /// <summary>Cache (read ahead) is offered.</summary>
    Cache = 128,

    /// <summary>Several connections see each other's completed writes at once, and a flush on one covers them all.</summary>
    MultiConnection = 256,
}
