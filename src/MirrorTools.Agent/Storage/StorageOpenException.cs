namespace MirrorTools.Agent.Storage;

/// <summary>A storage can't be opened or made; says which, and why.</summary>
/// <param name="fault">Why.</param>
/// <param name="path">The path that was asked for.</param>
/// <param name="message">A sentence that names path and cause.</param>
/// <param name="innerException">The operating system's own error.</param>
public sealed class StorageOpenException(StorageOpenFault fault, string path, string message, Exception? innerException = null)
    : IOException(message, innerException)
{
    /// <summary>Why.</summary>
    public StorageOpenFault Fault { get; } = fault;

    /// <summary>The path that was asked for.</summary>
    public string Path { get; } = path;
}

/// <summary>Why a storage can't be opened or made.</summary>
public enum StorageOpenFault
{
    /// <summary>Nothing is at the path.</summary>
    NotFound,

    /// <summary>Something is at a path where a new file was to be made.</summary>
    Exists,

    /// <summary>The account of the agent may not do this.</summary>
    AccessDenied,

    /// <summary>The file, its file system or the device takes no writes.</summary>
    ReadOnly,

    /// <summary>Another process, or another pair of this agent, has it open.</summary>
    InUse,

    /// <summary>Neither a file nor a block device.</summary>
    NotAStorage,

    /// <summary>Empty, or its size is not a multiple of its sectors.</summary>
    NotSectors,

    /// <summary>The file system does not take files of this size.</summary>
    TooLarge,

    /// <summary>No space is left.</summary>
    Full,

    /// <summary>Any other error; the inner exception tells.</summary>
    Other,
}
