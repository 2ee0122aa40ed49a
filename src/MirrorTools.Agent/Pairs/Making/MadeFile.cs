using MirrorTools.Agent.Storage;

namespace MirrorTools.Agent.Pairs.Making;

/// <summary>A file that the agent made, or was about to make, for a pair; what is known of it tells later whether the file at its path still is that one.</summary>
/// <param name="Path">Where it is, absolute.</param>
/// <param name="IsStorage">True for A, B, C and D, which may hold a user's data; false for the pair's metadata, and for an area of preserved grains.</param>
/// <param name="Identity">Which file it is; null until it is made.</param>
/// <param name="Stamp">Size and times as it was made.</param>
/// <param name="AllocatedBytes">What it took on its file system as it was made; null where that is not known.</param>
internal sealed record MadeFile(string Path, bool IsStorage, StorageIdentity? Identity = null, CleanCloseStamp? Stamp = null, long? AllocatedBytes = null)
{
    /// <summary>What is known of a file that was made just now.</summary>
    public static MadeFile Of(FileBlockDevice file, bool isStorage) =>
        new(file.Path, isStorage, file.Identity, file.Stamp(), StorageFiles.TryMeasureAllocated(file.Path));
}
