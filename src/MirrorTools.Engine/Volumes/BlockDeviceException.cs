namespace MirrorTools.Engine.Volumes;

/// <summary>A fault of the world under a block device.</summary>
public sealed class BlockDeviceException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">What went wrong.</param>
    /// <param name="message">A sentence that names the device and the cause.</param>
    /// <param name="innerException">The operating system's own error.</param>
    public BlockDeviceException(BlockDeviceFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    /// <summary>What went wrong.</summary>
    public BlockDeviceFault Fault { get; }

    /// <summary>True where the same request may succeed later without anything being replaced.</summary>
    public bool IsTransient => Fault is BlockDeviceFault.Full or BlockDeviceFault.Unreachable;
}

/// <summary>The kinds of fault that callers treat differently.</summary>
public enum BlockDeviceFault
{
    /// <summary>The medium failed to read or write.</summary>
    MediumError,

    /// <summary>No space is left for an allocation.</summary>
    Full,

    /// <summary>The device can't be reached at present.</summary>
    Unreachable,

    /// <summary>The device does not take writes.</summary>
    ReadOnly,

    /// <summary>A flush failed: everything since the last good flush is unknown (P-2).</summary>
    FlushFailed,

    /// <summary>The device is shorter than it was when it was opened.</summary>
    Truncated,
}
