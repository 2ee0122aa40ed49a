namespace MirrorTools.Engine.Volumes;

/// <summary>
/// A port: anything that stores sectors. Image files, raw devices, remote disks, simulated disks and the volumes that hosts see are all
/// block devices. Offsets and lengths are in bytes and multiples of 512, whatever the device's own sector is; a device that can't take them reads, modifies and writes.
/// Every operation may run concurrently with every other; two overlapping writes in flight leave either content, per sector.
/// </summary>
/// <remarks>
/// A completed write is visible to later reads at once and durable only after a later <see cref="FlushAsync"/> that succeeded, or at completion
/// with <see cref="WriteOptions.ForceUnitAccess"/>. A flush that failed is never retried as if it had worked (P-2): what was written since the last good
/// one is unknown, and the device keeps failing flushes until it is opened anew.
/// Faults of the world are <see cref="BlockDeviceException"/>; arguments out of range are <see cref="ArgumentOutOfRangeException"/>.
/// </remarks>
public interface IBlockDevice : IAsyncDisposable
{
    /// <summary>Size and sector sizes; constant while the device is open.</summary>
    BlockGeometry Geometry { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offsetBytes"/>. Holes and trimmed ranges read as zeros.</summary>
    ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes <paramref name="data"/>, which the caller leaves untouched until completion.</summary>
    ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the range read as zeros without a payload. With <see cref="WriteOptions.MayUnmap"/> storage may be given back (this is TRIM, which
    /// reads back zeros here); without it the range stays allocated where the device can tell.
    /// </summary>
    ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Makes every write that completed before the call durable.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The first run of equal allocation at <paramref name="offsetBytes"/>, at most <paramref name="lengthBytes"/> long. A hint: data may be reported where
    /// zeros are, never zeros where data is.
    /// </summary>
    ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken);
}
