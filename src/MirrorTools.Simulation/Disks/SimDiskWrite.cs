using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Disks;

/// <summary>
/// A write, of data or zeros, in flight. The caller's buffer is read only when the bytes reach the cache, so that a buffer that is reused too early shows.
/// </summary>
internal sealed class SimDiskWrite(SimDisk disk, long offsetBytes, long lengthBytes, ReadOnlyMemory<byte>? data, WriteOptions options)
{
    private readonly long _id = disk.NextWriteId();
    private long _appliedBytes;

    public long OffsetBytes => offsetBytes;

    public long LengthBytes => lengthBytes;

    public WriteOptions Options => options;

    /// <summary>False where the write gives space back or leaves a hole a hole.</summary>
    public bool AllocatesSpace => data is not null || !options.HasFlag(WriteOptions.MayUnmap);

    /// <summary>Makes the write's first <paramref name="endBytes"/> visible.</summary>
    public void ApplyUpTo(long endBytes)
    {
        if (endBytes <= _appliedBytes)
        {
            return;
        }

        Apply(_appliedBytes, endBytes - _appliedBytes);
        _appliedBytes = endBytes;
    }

    /// <summary>The writer died: nothing, all, or a random part of what was left happens.</summary>
    public void ApplyInPart()
    {
        var habit = disk.Random.Next(4);
        if (habit == 0 || (AllocatesSpace && !disk.HasRoomFor(offsetBytes, lengthBytes)))
        {
            return;
        }

        if (habit == 1)
        {
            ApplyUpTo(lengthBytes);
            return;
        }

        for (var at = _appliedBytes; at < lengthBytes; at += BlockGeometry.SectorBytes)
        {
            if (disk.Random.Chance(0.5))
            {
                Apply(at, BlockGeometry.SectorBytes);
            }
        }

        disk.Counters.TornWrites += lengthBytes > BlockGeometry.SectorBytes ? 1 : 0;
    }

    private void Apply(long at, long countBytes)
    {
        var bytes = data is { } given ? given.Span.Slice((int)at, (int)countBytes) : default;
        disk.Apply(offsetBytes + at, countBytes, bytes, options.HasFlag(WriteOptions.MayUnmap), _id);
    }
}
