using MirrorTools.Agent.Storage;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Pairs.Making;

/// <summary>Removes files that were made for a pair that came to nothing. What may be, or may hold, anything of a user's stays where it is.</summary>
internal static class FileTakeBack
{
    /// <summary>Removes the file where it still is the very one that was made and nobody has it open; a storage only where nothing about it has changed since.</summary>
    /// <param name="pairId">The pair it was made for.</param>
    /// <param name="made">The file.</param>
    /// <returns>Null where it is gone, else why it was left.</returns>
    public static async Task<string?> TryRemoveAsync(Guid pairId, MadeFile made)
    {
        try
        {
            if (StorageFiles.TryIdentify(made.Path) is null && !File.Exists(made.Path))
            {
                return null;
            }

            if (await WhyLeftAsync(pairId, made) is { } why)
            {
                return why;
            }

            File.Delete(made.Path);
            DurableDirectory.FlushEntry(made.Path);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or StorageOpenException or BlockDeviceException)
        {
            return error.Message;
        }
    }

    private static async Task<string?> WhyLeftAsync(Guid pairId, MadeFile made)
    {
        var info = new FileInfo(made.Path);
        if (info.LinkTarget is not null)
        {
            return "it is a link now";
        }

        if (made.Identity is null)
        {
            // Killed between the making and the note of it: the path was free when it was noted, and a file that nobody has written holds nothing of anybody's.
            return info.Length == 0 || StorageFiles.TryMeasureAllocated(made.Path) == 0 ? null : "it is not certain that it was made for the pair";
        }

        // Opened with its locks: nobody else uses it while it is looked at.
        await using var file = StorageFiles.Open(made.Path, StorageOptions.Default);
        if (file.Identity != made.Identity)
        {
            return "it is another file now";
        }

        if (made.IsStorage)
        {
            return file.Stamp() == made.Stamp && StorageFiles.TryMeasureAllocated(made.Path) == made.AllocatedBytes ? null : "it was changed since it was made";
        }

        return await IsOfAnotherPairAsync(pairId, file) ? "it is the metadata of another pair now" : null;
    }

    // The agent was killed at any point of laying it out: what can't be read is none of another pair's.
    private static async Task<bool> IsOfAnotherPairAsync(Guid pairId, FileBlockDevice file)
    {
        try
        {
            return (await MetadataStore.OpenAsync(file, CancellationToken.None)).Identity.PairId != pairId;
        }
        catch (Exception error) when (error is MetadataCorruptException or MetadataVersionException)
        {
            return error is MetadataVersionException;
        }
    }
}
