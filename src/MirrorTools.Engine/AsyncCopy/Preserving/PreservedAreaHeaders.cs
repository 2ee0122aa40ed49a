using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>The two copies of a preserved area's header. The caller has the turn.</summary>
/// <param name="device">The area's device.</param>
/// <param name="current">The header in force.</param>
/// <param name="newestCopy">The copy that has it durably; the other one is written first.</param>
internal sealed class PreservedAreaHeaders(MetadataDevice device, PreservedAreaHeader current, int newestCopy)
{
    private ulong _sequence = current.Sequence;
    private int _newestCopy = newestCopy;

    /// <summary>The header in force.</summary>
    public PreservedAreaHeader Current { get; private set; } = current;

    /// <summary>True where a write failed, so that one copy may be torn, old, or of an era that never came into force.</summary>
    public bool IsUnsettled { get; private set; }

    /// <summary>Reads both copies, takes the newer one, and makes the other one equal to it.</summary>
    /// <exception cref="MetadataCorruptException">There is no valid copy, or the area is not that of this pair and volume, or the device is too short.</exception>
    /// <exception cref="MetadataVersionException">The area needs a newer program.</exception>
    public static async Task<PreservedAreaHeaders> OpenAsync(MetadataDevice device, Guid pairId, GrainGeometry geometry)
    {
        long lengthBytes = device.Device.Geometry.LengthBytes;
        if (lengthBytes < PreservedAreaLayout.TableOffsetBytes)
        {
            throw Corrupt($"The preserved area is cut short: {lengthBytes} bytes are left of it.");
        }

        PreservedAreaHeader? first = await ReadAsync(device, copy: 0);
        PreservedAreaHeader? second = await ReadAsync(device, copy: 1);
        PreservedAreaHeader header = (first?.Sequence >= (second?.Sequence ?? 0) ? first : second)
            ?? throw Corrupt("Neither copy of the preserved area's header is valid: it is no preserved area, or its creation was cut.");
        if (header.PairId != pairId || header.Geometry != geometry)
        {
            throw Corrupt(
                $"The preserved area belongs to pair {header.PairId}, {header.Geometry.LengthBytes} bytes in grains of {header.Geometry.GrainBytes}; wanted is that of pair {pairId}, {geometry.LengthBytes} bytes in grains of {geometry.GrainBytes}.");
        }

        long neededBytes = PreservedAreaLayout.For(geometry, header.SlotCount).LengthBytes;
        if (lengthBytes < neededBytes)
        {
            throw Corrupt($"The preserved area is cut short: it has {lengthBytes} of {neededBytes} bytes.");
        }

        PreservedAreaHeaders headers = new(device, header, first == header ? 0 : 1);
        if (first != second)
        {
            await headers.WriteAsync(header.Era);
        }

        return headers;
    }

    /// <summary>Writes both copies, each with a flush. The era is in force once the first one is durable.</summary>
    /// <param name="era">The era.</param>
    /// <param name="inForce">Called then, or null.</param>
    /// <exception cref="IOException">A write or a flush failed; <see cref="Current"/> says which header is in force.</exception>
    public async Task WriteAsync(ulong era, Action? inForce = null)
    {
        IsUnsettled = true;

        // A number is never used twice, even where its write failed: it may be on the disk.
        PreservedAreaHeader next = Current with { Era = era, Sequence = ++_sequence };
        await WriteOlderCopyAsync(next);
        Current = next;
        inForce?.Invoke();
        await WriteOlderCopyAsync(next);
        IsUnsettled = false;
    }

    private static async ValueTask<PreservedAreaHeader?> ReadAsync(MetadataDevice device, int copy)
    {
        byte[] block = new byte[BlockHeader.BlockBytes];
        await device.ReadBlocksAsync(
            copy * PreservedAreaLayout.CopyDistanceBytes, block, content => PreservedAreaHeader.TryRead(content.Span, out _), CancellationToken.None);
        return PreservedAreaHeader.TryRead(block, out PreservedAreaHeader header) ? header : null;
    }

    private static MetadataCorruptException Corrupt(string message) => new("preserved area", message);

    private async Task WriteOlderCopyAsync(PreservedAreaHeader header)
    {
        byte[] block = new byte[BlockHeader.BlockBytes];
        header.Write(block);
        int copy = 1 - _newestCopy;
        await device.Device.WriteAsync(copy * PreservedAreaLayout.CopyDistanceBytes, block, WriteOptions.None, CancellationToken.None);
        await device.FlushAsync(CancellationToken.None);
        _newestCopy = copy;
    }
}
