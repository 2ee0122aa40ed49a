using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Exports;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Volumes;

/// <summary>What admins do with volumes: list, read, write, attach.</summary>
internal sealed class VolumeService(IVolumeDirectory volumes, AttachmentService attachments)
{
    public VolumeList List() => new() { Items = [.. volumes.List().Select(Describe)] };

    public VolumeInfo Get(string nameOrId) => Describe(Find(nameOrId));

    public async Task<AttachmentInfo> MountAsync(string nameOrId, MountRequest request, string actor, CancellationToken cancel)
    {
        var volume = Find(nameOrId);
        if (volume.IsReadOnly() && !request.ReadOnly && volume.Device is not null && volume.MountRefusal() is null)
        {
            throw new ControlException(ErrorIds.VolumeReadOnly, $"'{volume.Name}' takes no writes now; attach it read-only.", volume.Name);
        }

        return await attachments.MountAsync(volume, request, actor, cancel);
    }

    public async Task<VolumeInfo> DismountAsync(string nameOrId, string? id, bool force, string actor, CancellationToken cancel)
    {
        var volume = Find(nameOrId);
        Guid? attachment = id is null ? null : Guid.TryParse(id, out var parsed)
            ? parsed
            : throw new ControlException(ErrorIds.VolumeNotMounted, $"'{id}' is no attachment of '{volume.Name}'.", id);
        await attachments.DismountAsync(volume, attachment, force, actor, cancel);
        return Describe(volume);
    }

    public async Task<byte[]> ReadAsync(string nameOrId, long offset, long length, CancellationToken cancel)
    {
        var (_, device) = Open(nameOrId, offset, length);
        var data = new byte[length];
        await device.ReadAsync(offset, data, cancel);
        return data;
    }

    public async Task WriteAsync(string nameOrId, long offset, ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        var (volume, device) = Open(nameOrId, offset, data.Length);
        if (volume.IsReadOnly())
        {
            throw new ControlException(ErrorIds.VolumeReadOnly, $"'{volume.Name}' takes no writes now.", volume.Name);
        }

        await device.WriteAsync(offset, data, WriteOptions.None, cancel);
    }

    public async Task FlushAsync(string nameOrId, CancellationToken cancel) => await Open(nameOrId, 0, 0).Device.FlushAsync(cancel);

    private VolumeInfo Describe(Volume volume) => Describe(volume, attachments.Of(volume.Id));

    private Volume Find(string nameOrId) =>
        volumes.List().FirstOrDefault(volume => volume.Name.Equals(nameOrId, StringComparison.OrdinalIgnoreCase)
            || (Guid.TryParse(nameOrId, out var id) && volume.Id == id))
        ?? throw volumes.WhyClosed(nameOrId) ?? new ControlException(ErrorIds.VolumeNotFound, $"There is no volume '{nameOrId}'.", nameOrId);

    private (Volume Volume, IBlockDevice Device) Open(string nameOrId, long offset, long length)
    {
        var volume = Find(nameOrId);
        if (volume.Device is not { } device || volume.RefusalReason() is { })
        {
            throw new ControlException(
                ErrorIds.VolumeNotMountable, $"'{volume.Name}' can't be read or written: {volume.RefusalReason() ?? "it is a storage of its pair."}", volume.Name);
        }

        if (((offset | length) & (BlockGeometry.SectorBytes - 1)) != 0)
        {
            throw new ControlException(ErrorIds.RangeNotAligned, $"The range of {length} bytes at {offset} does not lie on sectors of 512 bytes.", volume.Name);
        }

        if (offset < 0 || length < 0 || length > ApiLimits.MaxVolumeDataBytes || offset > device.Geometry.LengthBytes - length)
        {
            throw new ControlException(
                ErrorIds.RangeOutOfVolume, $"The range of {length} bytes at {offset} is not within the {device.Geometry.LengthBytes} bytes of the volume.", volume.Name);
        }

        return (volume, device);
    }

    /// <summary>The contract's form.</summary>
    public static VolumeInfo Describe(Volume volume, IEnumerable<AttachmentInfo> attached) => new()
    {
        Id = volume.Id.ToString(),
        Name = volume.Name,
        Role = volume.Role.ToString(),
        Pair = volume.PairName,
        PairId = volume.PairId.ToString(),
        Path = volume.Path,
        SizeBytes = volume.Geometry.LengthBytes,
        SectorSizeBytes = volume.Geometry.LogicalSectorBytes,
        GrainSizeBytes = volume.GrainBytes,
        AllocatedBytes = volume.Path is { } path ? Storage.StorageFiles.TryMeasureAllocated(path) : null,
        Mountable = volume.Device is not null && volume.RefusalReason() is null && volume.MountRefusal() is null,
        ReadOnly = volume.IsReadOnly(),
        Attachments = [.. attached],
    };
}
