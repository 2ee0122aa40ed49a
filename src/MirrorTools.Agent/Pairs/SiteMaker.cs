using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs;

/// <summary>Makes the files of one side of a new pair, and takes back what it made when the pair comes to nothing. Storages that were there are never removed.</summary>
internal sealed class SiteMaker
{
    private readonly List<string> _made = [];

    /// <summary>Opens a storage and checks that it suits, or makes it as a sparse file of the volume's size.</summary>
    public async Task EnsureStorageAsync(string path, long lengthBytes, int sectorBytes)
    {
        var options = new StorageOptions { FileSectorBytes = sectorBytes };
        if (StorageFiles.TryIdentify(path) is null)
        {
            await MakeAsync(path, lengthBytes, options);
            return;
        }

        await using var storage = StorageFiles.Open(path, options);
        SiteStorage.CheckSuits(storage, lengthBytes, sectorBytes);
    }

    /// <summary>Makes a file of the pair's own; it must not be there.</summary>
    public async Task MakeAsync(string path, long lengthBytes, StorageOptions options)
    {
        await StorageFiles.Create(path, lengthBytes, options).DisposeAsync();
        _made.Add(path);
    }

    /// <summary>Removes what was made.</summary>
    public void TakeBack()
    {
        foreach (var path in _made)
        {
            File.Delete(path);
        }
    }

    /// <summary>The directory for files beside a storage; a block device has none, so that an admin must choose.</summary>
    public static string Beside(string storage, string whatIsPlaced, string parameter)
    {
        if (storage.StartsWith("/dev/", StringComparison.Ordinal) || storage.StartsWith(@"\\.\", StringComparison.Ordinal))
        {
            throw new ControlException(
                ErrorIds.InvalidArgument, $"'{storage}' is a block device, so that {whatIsPlaced} can't be placed beside it; give {parameter}.", storage);
        }

        return Path.GetDirectoryName(storage) ?? Path.GetPathRoot(storage)!;
    }
}
