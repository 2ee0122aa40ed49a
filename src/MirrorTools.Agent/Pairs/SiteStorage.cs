using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Pairs;

/// <summary>The open storages of one side of a pair. Everything is opened before anything is used, and closed if one of them fails.</summary>
public sealed class SiteStorage : IAsyncDisposable
{
    private readonly List<IBlockDevice> _devices = [];

    private SiteStorage()
    {
    }

    /// <summary>A at site 1, D at site 2.</summary>
    public FileBlockDevice Volume { get; private set; } = null!;

    /// <summary>B at site 1, C at site 2; with AsyncCopy each site's area of preserved grains.</summary>
    public ReopenableDevice Intermediate { get; private set; } = null!;

    /// <summary>The metadata file.</summary>
    public FileBlockDevice Metadata { get; private set; } = null!;

    /// <summary>The second copy of the dirty-region log.</summary>
    public FileBlockDevice RegionLog { get; private set; } = null!;

    /// <summary>Opens a side that exists.</summary>
    /// <exception cref="StorageOpenException">One of its storages can't be opened.</exception>
    /// <exception cref="ControlException">One of its storages is shorter than the volume (<see cref="ErrorIds.ImageTruncated"/>).</exception>
    public static async Task<SiteStorage> OpenAsync(PairDefinition definition, SiteDefinition site)
    {
        var opened = new SiteStorage();
        try
        {
            var options = new StorageOptions { FileSectorBytes = definition.SectorBytes, ExpectedLengthBytes = definition.LengthBytes };
            opened.Volume = opened.Keep(OpenWhole(site.Volume, options));
            opened.Intermediate = opened.Keep(new ReopenableDevice(() => OpenWhole(site.Intermediate, options with { ExpectedLengthBytes = definition.IntermediateBytes })));
            opened.Metadata = opened.Keep(OpenMetadata(site.Metadata));
            opened.RegionLog = opened.Keep(OpenRegionLog(site.RegionLog));

            // Metadata are made with all their space. Those of an earlier version were not, nor is a log that was made anew just now; what has no room goes on as it did.
            opened.Metadata.TryReserve();
            opened.RegionLog.TryReserve();
            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>Checks that a storage suits the volume.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="lengthBytes">How long it has to be.</param>
    /// <param name="sectorBytes">The source's sectors.</param>
    /// <param name="isArea">True for an area of preserved grains, which takes more than the source has.</param>
    /// <exception cref="ControlException"><see cref="ErrorIds.TargetTooSmall"/> or <see cref="ErrorIds.SectorSizeMismatch"/>.</exception>
    public static void CheckSuits(FileBlockDevice storage, long lengthBytes, int sectorBytes, bool isArea)
    {
        if (storage.Geometry.LengthBytes < lengthBytes)
        {
            throw new ControlException(
                ErrorIds.TargetTooSmall, $"'{storage.Path}' has {storage.Geometry.LengthBytes} bytes; {(isArea ? "an area of preserved grains takes" : "the source has")} {lengthBytes}.", storage.Path);
        }

        if (storage.Geometry.LogicalSectorBytes != sectorBytes)
        {
            throw new ControlException(
                ErrorIds.SectorSizeMismatch,
                $"'{storage.Path}' has sectors of {storage.Geometry.LogicalSectorBytes} bytes; the source has sectors of {sectorBytes}.",
                storage.Path);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices)
        {
            await device.DisposeAsync();
        }
    }

    private static FileBlockDevice OpenWhole(string path, StorageOptions options)
    {
        try
        {
            return StorageFiles.Open(path, options);
        }
        catch (BlockDeviceException error) when (error.Fault == BlockDeviceFault.Truncated)
        {
            throw new ControlException(ErrorIds.ImageTruncated, error.Message, path, error);
        }
    }

    // The second of two places: with an empty one the log counts every region as one that may differ, and uses it again.
    private static FileBlockDevice OpenRegionLog(string path)
    {
        try
        {
            return StorageFiles.Open(path, StorageOptions.Default);
        }
        catch (StorageOpenException error) when (error.Fault is StorageOpenFault.NotFound or StorageOpenFault.NotSectors)
        {
            File.Delete(path);
            return StorageFiles.Create(path, DirtyRegionLog.RequiredLengthBytes(1), StorageOptions.Default);
        }
    }

    private static FileBlockDevice OpenMetadata(string path)
    {
        try
        {
            return StorageFiles.Open(path, StorageOptions.Default);
        }
        catch (StorageOpenException error) when (error.Fault is StorageOpenFault.NotFound or StorageOpenFault.NotSectors)
        {
            throw new ControlException(ErrorIds.MetadataCorrupt, $"The pair's metadata file is missing or cut short: {error.Message}", path, error);
        }
    }

    private T Keep<T>(T device)
        where T : IBlockDevice
    {
        _devices.Add(device);
        return device;
    }
}
