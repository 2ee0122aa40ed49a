using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Disks;

/// <summary>
/// A disk as one incarnation of a process has it open. When the process dies nothing more of it reaches the disk, but what was in flight may
/// have happened in part.
/// </summary>
public sealed class SimDiskHandle : IBlockDevice
{
    private readonly SimDisk _disk;
    private readonly SimProcess _owner;
    private readonly List<SimDiskWrite> _inFlight = [];
    private bool _abandoned;

    internal SimDiskHandle(SimDisk disk, SimProcess owner)
    {
        _disk = disk;
        _owner = owner;
        Geometry = new BlockGeometry(disk.Options.LengthBytes, disk.Options.LogicalSectorBytes, disk.Options.PhysicalSectorBytes);
        owner.OnKilled(Abandon);
    }

    /// <inheritdoc/>
    public BlockGeometry Geometry { get; }

    /// <summary>True until disposed of, or the owner's death.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>True once a flush failed: every later one fails too.</summary>
    public bool HasFailedFlush { get; private set; }

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        CheckRequest(offsetBytes, buffer.Length, cancellationToken);
        var done = NewCompletion();
        var split = ChooseSplit(buffer.Length);
        var latency = _disk.DrawLatency();
        if (split > 0)
        {
            Later(latency / 2, "read half", () => _disk.Read(offsetBytes, buffer.Span[..split]));
        }

        Later(latency, "read", () => Complete(done, "read", offsetBytes, buffer.Length, () =>
        {
            _disk.Read(offsetBytes + split, buffer.Span[split..]);
            _disk.Counters.Reads++;
            CorruptIfWanted(buffer.Span);
        }));
        return new ValueTask(done.Task);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        CheckRequest(offsetBytes, data.Length, cancellationToken);
        return data.Length == 0 ? ValueTask.CompletedTask : Write(new SimDiskWrite(_disk, offsetBytes, data.Length, data, options));
    }

    /// <inheritdoc/>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        CheckRequest(offsetBytes, lengthBytes, cancellationToken);
        return lengthBytes == 0 ? ValueTask.CompletedTask : Write(new SimDiskWrite(_disk, offsetBytes, lengthBytes, null, options));
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        CheckRequest(0, 0, cancellationToken);
        var done = NewCompletion();
        var sequence = _disk.CacheSequence;
        var latency = _disk.DrawLatency() + _disk.Random.Between(TimeSpan.Zero, _disk.Options.FlushLatency);
        Later(latency, "flush", () => Complete(done, "flush", 0, 0, () =>
        {
            ThrowIfFlushFails();
            _disk.Settle(sequence);
            _disk.Counters.Flushes++;
        }));
        return new ValueTask(done.Task);
    }

    /// <inheritdoc/>
    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        CheckRequest(offsetBytes, lengthBytes, cancellationToken);
        ArgumentOutOfRangeException.ThrowIfZero(lengthBytes);
        return new ValueTask<BlockExtent>(_disk.FindExtent(offsetBytes, lengthBytes));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // requests in flight belong to the kernel: they happen whole, as after close(2)
        IsOpen = false;
        return ValueTask.CompletedTask;
    }

    /// <summary>The owner died: each write in flight has happened wholly, in part, or not at all.</summary>
    internal void Abandon()
    {
        IsOpen = false;
        _abandoned = true;
        foreach (var write in _inFlight)
        {
            write.ApplyInPart();
        }

        _inFlight.Clear();
    }

    private ValueTask Write(SimDiskWrite write)
    {
        var done = NewCompletion();
        var latency = _disk.DrawLatency();
        var split = ChooseSplit(write.LengthBytes);
        _inFlight.Add(write);
        if (split > 0)
        {
            Later(latency / 2, "write half", () => write.ApplyUpTo(split));
        }

        Later(latency, "write", () =>
        {
            Complete(done, "write", write.OffsetBytes, write.LengthBytes, () => Finish(write));
            _inFlight.Remove(write);
        });
        return new ValueTask(done.Task);
    }

    private void Finish(SimDiskWrite write)
    {
        ThrowIfFull(write);
        write.ApplyUpTo(write.LengthBytes);
        if (write.Options.HasFlag(WriteOptions.ForceUnitAccess))
        {
            ThrowIfFlushFails();
            _disk.SettleRange(write.OffsetBytes, write.LengthBytes);
        }

        _disk.Counters.Writes++;
    }

    private void Complete(TaskCompletionSource done, string kind, long offsetBytes, long lengthBytes, Action effect)
    {
        _disk.Reached?.Invoke(_disk, kind);
        if (_abandoned)
        {
            return;
        }

        try
        {
            ThrowIfFaulty(kind, offsetBytes, lengthBytes);
            effect();
            done.TrySetResult();
        }
        catch (BlockDeviceException e)
        {
            _disk.Counters.Errors++;
            done.TrySetException(e);
        }
    }

    private void CorruptIfWanted(Span<byte> read)
    {
        if (_disk.Faults.SkippedReads > 0)
        {
            _disk.Faults.SkippedReads--;
        }
        else if (_disk.Faults.CorruptReads > 0)
        {
            _disk.Faults.CorruptReads--;
            _disk.Faults.LastFailure = _disk.Scheduler.Now;
            read[_disk.Random.Next(read.Length)] ^= (byte)(1 << _disk.Random.Next(8));
        }
    }

    private void ThrowIfFaulty(string kind, long offsetBytes, long lengthBytes)
    {
        var faults = _disk.Faults;
        if (faults.IsGone || _disk.Random.Chance(faults.TransientProbability))
        {
            throw Fault(BlockDeviceFault.Unreachable, kind);
        }

        var fails = kind switch
        {
            "read" when faults.FailingReads > 0 => faults.FailingReads-- > 0,
            "write" when faults.FailingWrites > 0 => faults.FailingWrites-- > 0,
            _ => false,
        };
        if (fails || (lengthBytes > 0 && faults.IsBad(offsetBytes, lengthBytes)))
        {
            throw Fault(BlockDeviceFault.MediumError, kind);
        }
    }

    private void ThrowIfFlushFails()
    {
        var faults = _disk.Faults;
        if (!HasFailedFlush && faults.FailingFlushes > 0)
        {
            faults.FailingFlushes--;
            HasFailedFlush = true;
            _disk.FailFlush();
        }
        else if (!HasFailedFlush && _disk.Random.Chance(faults.FlushFailureProbability))
        {
            HasFailedFlush = true;
            _disk.FailFlush();
        }

        if (HasFailedFlush)
        {
            throw Fault(BlockDeviceFault.FlushFailed, "flush");
        }
    }

    private void ThrowIfFull(SimDiskWrite write)
    {
        if (_disk.Faults.IsFull || (write.AllocatesSpace && !_disk.HasRoomFor(write.OffsetBytes, write.LengthBytes)))
        {
            throw Fault(BlockDeviceFault.Full, "write");
        }
    }

    private BlockDeviceException Fault(BlockDeviceFault fault, string kind)
    {
        _disk.Faults.LastFailure = _disk.Scheduler.Now;
        return new BlockDeviceException(fault, $"Disk {_disk.Name}: {kind} failed ({fault}).");
    }

    private void CheckRequest(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(!IsOpen && _owner.IsAlive, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes + lengthBytes, Geometry.LengthBytes, nameof(lengthBytes));
        ArgumentOutOfRangeException.ThrowIfNotEqual((offsetBytes | lengthBytes) % BlockGeometry.SectorBytes, 0, nameof(offsetBytes));
        cancellationToken.ThrowIfCancellationRequested();
    }

    private int ChooseSplit(long lengthBytes)
    {
        var sectors = (int)(lengthBytes / BlockGeometry.SectorBytes);
        return sectors > 1 && _disk.Random.Chance(_disk.Options.SplitProbability) ? _disk.Random.Next(1, sectors) * BlockGeometry.SectorBytes : 0;
    }

    private void Later(TimeSpan delay, string what, Action action) => _disk.Scheduler.Schedule(
        delay,
        () =>
        {
            if (!_abandoned)
            {
                action();
            }
        },
        what,
        _disk.Actor);

    private static TaskCompletionSource NewCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
