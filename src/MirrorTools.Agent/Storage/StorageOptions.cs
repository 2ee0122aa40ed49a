namespace MirrorTools.Agent.Storage;

/// <summary>How a storage is opened.</summary>
public sealed record StorageOptions
{
    /// <summary>The options that suit local disks.</summary>
    public static StorageOptions Default { get; } = new();

    /// <summary>What the storage is opened for.</summary>
    public StorageAccess Access { get; init; } = StorageAccess.ReadWrite;

    /// <summary>On which thread the system calls run.</summary>
    public StorageExecution Execution { get; init; } = StorageExecution.CallerThenPool;

    /// <summary>The logical sector of an image file: 512 or 4096. Block devices tell their own.</summary>
    public int FileSectorBytes { get; init; } = 512;

    /// <summary>The size the storage had when it was known last; a smaller one is refused as truncated. 0 where nothing is known.</summary>
    public long ExpectedLengthBytes { get; init; }
}
