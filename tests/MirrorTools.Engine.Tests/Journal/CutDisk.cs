using MirrorTools.Engine.Volumes;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

/// <summary>
/// A disk in memory that does at once what it is asked, until its power is cut: then each write since the last flush is kept, lost or torn at sectors of 512
/// bytes, in any order. What is visible after a process alone died is everything.
/// </summary>
internal sealed class CutDisk(long lengthBytes, PowerSwitch power) : IBlockDevice
{
    private readonly byte[] _durable = new byte[lengthBytes];
    private readonly byte[] _visible = new byte[lengthBytes];
    private readonly List<(long OffsetBytes, byte[] Data)> _unflushed = [];
    private bool _flushFailed;

    public BlockGeometry Geometry => new(lengthBytes, 512, 512);

    /// <summary>What every write fails with, or null.</summary>
    public BlockDeviceFault? WriteFault { get; set; }

    /// <summary>True where a write that fails has changed the first half of its range.</summary>
    public bool FaultyWritesTear { get; set; }

    /// <summary>True where flushes fail, once and for all.</summary>
    public bool FailFlush { get; set; }

    /// <summary>True where the device does not answer.</summary>
    public bool IsGone { get; set; }

    public int Writes { get; private set; }

    public int Flushes { get; private set; }

    public Span<byte> Visible => _visible;

    /// <summary>Changes what is on the medium.</summary>
    public void Spoil(long offsetBytes, int count = 1)
    {
        for (long at = offsetBytes; at < offsetBytes + count; at++)
        {
            _visible[at] ^= 0x5A;
            _durable[at] ^= 0x5A;
        }
    }

    public void Overwrite(long offsetBytes, ReadOnlySpan<byte> data)
    {
        data.CopyTo(_visible.AsSpan((int)offsetBytes));
        data.CopyTo(_durable.AsSpan((int)offsetBytes));
    }

    /// <summary>The power went and is back.</summary>
    public void LosePower(Random random)
    {
        (long OffsetBytes, byte[] Data)[] writes = [.. _unflushed];
        if (random.Next(2) == 0)
        {
            random.Shuffle(writes);
        }

        foreach ((long offsetBytes, byte[] data) in writes)
        {
            int fate = random.Next(5);
            for (int sector = 0; sector < data.Length; sector += 512)
            {
                if (fate < 2 || (fate == 4 && random.Next(2) == 0))
                {
                    data.AsSpan(sector, 512).CopyTo(_durable.AsSpan((int)offsetBytes + sector));
                }
            }
        }

        foreach ((long offsetBytes, byte[] data) in writes)
        {
            _durable.AsSpan((int)offsetBytes, data.Length).CopyTo(_visible.AsSpan((int)offsetBytes));
        }

        _unflushed.Clear();
        (_flushFailed, WriteFault, FailFlush, IsGone) = (false, null, false, false);
    }

    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ThrowIfGone();
        _visible.AsMemory((int)offsetBytes, buffer.Length).CopyTo(buffer);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        if (power.IsOff)
        {
            return Never();
        }

        Writes++;
        ThrowIfGone();
        if (WriteFault is { } fault)
        {
            if (FaultyWritesTear)
            {
                Memory<byte> part = _visible.AsMemory((int)offsetBytes, data.Length / 1024 * 512);
                data[..part.Length].CopyTo(part);
                _unflushed.Add((offsetBytes, part.ToArray()));
            }

            throw new BlockDeviceException(fault, "The test's disk does not write.");
        }

        bool completes = power.Spend();
        data.CopyTo(_visible.AsMemory((int)offsetBytes));
        _flushFailed |= completes && options.HasFlag(WriteOptions.ForceUnitAccess) && FailFlush;
        if (!completes || !options.HasFlag(WriteOptions.ForceUnitAccess) || _flushFailed)
        {
            _unflushed.Add((offsetBytes, data.ToArray()));
            ThrowIfFlushFailed();
        }
        else
        {
            _unflushed.RemoveAll(write => write.OffsetBytes == offsetBytes && write.Data.Length <= data.Length);
            Assert.DoesNotContain(_unflushed, write => write.OffsetBytes < offsetBytes + data.Length && offsetBytes < write.OffsetBytes + write.Data.Length);
            data.CopyTo(_durable.AsMemory((int)offsetBytes));
        }

        return completes ? ValueTask.CompletedTask : Never();
    }

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        WriteAsync(offsetBytes, new byte[lengthBytes], options, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (power.IsOff)
        {
            return Never();
        }

        Flushes++;
        ThrowIfGone();
        _flushFailed |= FailFlush;
        ThrowIfFlushFailed();
        if (!power.Spend())
        {
            return Never();
        }

        foreach ((long offsetBytes, byte[] data) in _unflushed)
        {
            data.CopyTo(_durable.AsSpan((int)offsetBytes));
        }

        _unflushed.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        ThrowIfGone();
        long blockEnd = Math.Min(((offsetBytes / 4096) + 1) * 4096, offsetBytes + lengthBytes);
        bool isData = _visible.AsSpan((int)(offsetBytes / 4096 * 4096), 4096).ContainsAnyExcept((byte)0);
        return new ValueTask<BlockExtent>(new BlockExtent(blockEnd - offsetBytes, isData ? ExtentKind.Data : ExtentKind.Hole));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static ValueTask Never() => new(new TaskCompletionSource().Task);

    private void ThrowIfGone()
    {
        if (IsGone)
        {
            throw new BlockDeviceException(BlockDeviceFault.MediumError, "The test's disk is gone.");
        }
    }

    private void ThrowIfFlushFailed()
    {
        if (_flushFailed)
        {
            throw new BlockDeviceException(BlockDeviceFault.FlushFailed, "The test's disk does not flush.");
        }
    }
}
