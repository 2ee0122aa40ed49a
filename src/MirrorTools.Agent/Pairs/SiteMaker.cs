using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Pairs.Making;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs;

/// <summary>
/// Makes the files of one side of a pair, and takes back what it made when that comes to nothing. Storages that were there are never removed.
/// For a new pair each file is noted, durably, before the next one is made, so that a start after a kill takes them back as well.
/// </summary>
/// <param name="pairId">The pair.</param>
/// <param name="notes">Where files are noted; null for a pair that is in the index.</param>
internal sealed class SiteMaker(Guid pairId, UnfinishedPairs? notes)
{
    private readonly List<MadeFile> _made = [];
    private readonly List<FileBlockDevice> _held = [];

    /// <summary>The pair.</summary>
    public Guid PairId => pairId;

    /// <summary>Sees that the storages of a side are there and suit.</summary>
    public async Task EnsureStoragesAsync(PairDefinition definition, SiteDefinition site)
    {
        await EnsureStorageAsync(site.Volume, definition.LengthBytes, definition.SectorBytes);
        await EnsureIntermediateAsync(definition, site);
    }

    /// <summary>The same for B or C, or with AsyncCopy the area of preserved grains.</summary>
    public Task EnsureIntermediateAsync(PairDefinition definition, SiteDefinition site) =>
        EnsureStorageAsync(site.Intermediate, definition.IntermediateBytes, definition.SectorBytes, definition.IsAsyncCopy);

    // Opens a storage and checks that it suits, or makes it as a sparse file of that size. An area is laid out with the metadata: where the pair comes to nothing it goes with them.
    private async Task EnsureStorageAsync(string path, long lengthBytes, int sectorBytes, bool isArea = false)
    {
        var options = new StorageOptions { FileSectorBytes = sectorBytes };
        if (StorageFiles.TryIdentify(path) is null)
        {
            await MakeAsync(path, lengthBytes, options, isStorage: !isArea);
            return;
        }

        await using var storage = StorageFiles.Open(path, options);
        SiteStorage.CheckSuits(storage, lengthBytes, sectorBytes, isArea);
    }

    /// <summary>Makes a file of the pair's own; it must not be there.</summary>
    /// <exception cref="ControlException">Its directory is not there (<see cref="ErrorIds.PathNotFound"/>).</exception>
    public async Task MakeAsync(string path, long lengthBytes, StorageOptions options, bool isStorage)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory && !Directory.Exists(directory))
        {
            throw new ControlException(ErrorIds.PathNotFound, $"The directory of '{path}' is not there.", path);
        }

        var made = await CreateAsync(path, lengthBytes, options, isStorage);
        _made.Add(made);
        notes?.Note(pairId, made);
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

    /// <summary>Removes what was made.</summary>
    public async Task TakeBackAsync()
    {
        await ReleaseAsync();
        foreach (var file in _made)
        {
            await FileTakeBack.TryRemoveAsync(pairId, file);
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

    private async Task<MadeFile> CreateAsync(string path, long lengthBytes, StorageOptions options, bool isStorage)
    {
        notes?.Note(pairId, new MadeFile(path, isStorage));
        try
        {
            await using var file = StorageFiles.Create(path, lengthBytes, options);
            return MadeFile.Of(file, isStorage);
        }
        catch
        {
            notes?.Forget(pairId, path);
            throw;
        }
    }
}
