using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs;

/// <summary>Makes the files of one side of a new pair, and takes back what it made when the pair comes to nothing. Storages that were there are never removed.</summary>
internal sealed class SiteMaker
{
    private readonly List<string> _made = [];
    private readonly List<FileBlockDevice> _held = [];

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
    /// <exception cref="ControlException">Its directory is not there (<see cref="ErrorIds.PathNotFound"/>).</exception>
    public async Task MakeAsync(string path, long lengthBytes, StorageOptions options)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory && !Directory.Exists(directory))
        {
            throw new ControlException(ErrorIds.PathNotFound, $"The directory of '{path}' is not there.", path);
        }

        await StorageFiles.Create(path, lengthBytes, options).DisposeAsync();
        _made.Add(path);
    }

    /// <summary>Keeps storages open, and so locked, until they are released.</summary>
    public void Hold(IEnumerable<string> storages)
    {
        foreach (var path in storages)
        {
            _held.Add(StorageFiles.Open(path, StorageOptions.Default));
        }
    }

    /// <summary>Closes what is held.</summary>
    public async Task ReleaseAsync()
    {
        foreach (var storage in _held)
        {
            await storage.DisposeAsync();
        }

        _held.Clear();
    }

    /// <summary>Takes over what another maker made.</summary>
    public void Add(SiteMaker other) => _made.AddRange(other._made);

    /// <summary>Removes what was made.</summary>
    public async Task TakeBackAsync()
    {
        await ReleaseAsync();
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
                ErrorIds.InvalidArgument, $"'{storage}' is a device, so that {whatIsPlaced} can't be placed beside it; give {parameter}.", storage);
        }

        return Path.GetDirectoryName(storage) ?? Path.GetPathRoot(storage)!;
    }
}
