using Microsoft.Win32.SafeHandles;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Storage;

/// <summary>
/// An image file or a block device of the operating system. Data goes through the page cache; a read it can answer and a write complete on the caller's
/// thread, without an allocation.
/// </summary>
public sealed class FileBlockDevice : IBlockDevice
{
    // Above this a zeroing may keep a thread busy for long, and goes to the pool.
    private const long InlineZeroBytes = 1 << 20;
    private const int ZeroChunkBytes = 1 << 20;
    private static readonly byte[] Zeros = new byte[ZeroChunkBytes];

    private readonly SafeFileHandle _handle;
    private readonly IStoragePlatform _platform;
    private readonly StorageOptions _options;
    private readonly FlushCombiner _flushes;
    private readonly bool _isFile;

    internal FileBlockDevice(string path, SafeFileHandle handle, BlockGeometry geometry, StorageOptions options, IStoragePlatform platform)
    {
        Path = path;
        _handle = handle;
        _platform = platform;
        _options = options;
        Geometry = geometry;
        Identity = platform.Identify(handle);
        _isFile = platform.Stamp(handle).ShowsForeignWrites;
        _flushes = new FlushCombiner(() => platform.Flush(handle), error =>
            new BlockDeviceException(BlockDeviceFault.FlushFailed, $"A flush of '{path}' failed: {error.Message}", error));
    }

    /// <inheritdoc/>
    public BlockGeometry Geometry { get; }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>Which file or device it is, whatever the path.</summary>
    public StorageIdentity Identity { get; }

    /// <summary>Size and times now; meaningful for a clean close after the last flush.</summary>
    public CleanCloseStamp Stamp() => _platform.Stamp(_handle);

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        CheckRange(offsetBytes, buffer.Length);
        cancellationToken.ThrowIfCancellationRequested();
        if (_options.Execution == StorageExecution.CallerThenPool)
        {
            var got = _platform.ReadCached(_handle, offsetBytes, buffer.Span);
            if (got == buffer.Length)
            {
                return ValueTask.CompletedTask;
            }

            // What the page cache lacks, or an error, is met again on the pool.
            if (got > 0)
            {
                return PooledTransfer.ReadAsync(this, offsetBytes + got, buffer[got..]);
            }
        }

        return PooledTransfer.ReadAsync(this, offsetBytes, buffer);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        CheckRange(offsetBytes, data.Length);
        CheckWritable();
        cancellationToken.ThrowIfCancellationRequested();
        if ((options & WriteOptions.ForceUnitAccess) != 0)
        {
            return WriteThroughAsync(offsetBytes, data);
        }

        if (_options.Execution == StorageExecution.Pool)
        {
            return PooledTransfer.WriteAsync(this, offsetBytes, data);
        }

        try
        {
            WriteNow(offsetBytes, data.Span);
            return ValueTask.CompletedTask;
        }
        catch (BlockDeviceException error)
        {
            return ValueTask.FromException(error);
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        CheckRange(offsetBytes, lengthBytes);
        CheckWritable();
        cancellationToken.ThrowIfCancellationRequested();
        var isThrough = (options & WriteOptions.ForceUnitAccess) != 0;
        if (!isThrough && lengthBytes <= InlineZeroBytes && _options.Execution == StorageExecution.CallerThenPool)
        {
            ZeroNow(offsetBytes, lengthBytes, options, cancellationToken);
            return ValueTask.CompletedTask;
        }

        return ZeroOnPoolAsync(offsetBytes, lengthBytes, options, isThrough, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _options.Access == StorageAccess.ReadOnly ? ValueTask.CompletedTask : new ValueTask(_flushes.FlushAsync());
    }

    /// <inheritdoc/>
    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        CheckRange(offsetBytes, lengthBytes);
        cancellationToken.ThrowIfCancellationRequested();
        CheckWhole();
        return ValueTask.FromResult(_platform.FindExtent(_handle, offsetBytes, lengthBytes));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _handle.Dispose();
        return ValueTask.CompletedTask;
    }

    internal void ReadNow(long offsetBytes, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            int got;
            try
            {
                got = RandomAccess.Read(_handle, buffer, offsetBytes);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw Explain("read", offsetBytes, error);
            }

            if (got == 0)
            {
                throw CutShort(offsetBytes);
            }

            buffer = buffer[got..];
            offsetBytes += got;
        }
    }

    /// <summary>Takes all the space that the file will ever need, where that is possible.</summary>
    /// <returns>False where it is not: a write into a hole may find no room later.</returns>
    public bool TryReserve() => _platform.TryReserve(_handle, Geometry.LengthBytes);

    internal void WriteNow(long offsetBytes, ReadOnlySpan<byte> data)
    {
        CheckWhole();
        try
        {
            RandomAccess.Write(_handle, data, offsetBytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Explain("write", offsetBytes, error);
        }
    }

    private async ValueTask WriteThroughAsync(long offsetBytes, ReadOnlyMemory<byte> data)
    {
        await PooledTransfer.WriteAsync(this, offsetBytes, data);
        await _flushes.FlushAsync();
    }

    private async ValueTask ZeroOnPoolAsync(long offsetBytes, long lengthBytes, WriteOptions options, bool isThrough, CancellationToken cancellationToken)
    {
        await Task.Run(() => ZeroNow(offsetBytes, lengthBytes, options, cancellationToken), cancellationToken);
        if (isThrough)
        {
            await _flushes.FlushAsync();
        }
    }

    private void ZeroNow(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        if (lengthBytes == 0)
        {
            return;
        }

        CheckWhole();
        try
        {
            if (_platform.TryZero(_handle, offsetBytes, lengthBytes, (options & WriteOptions.MayUnmap) != 0))
            {
                return;
            }
        }
        catch (IOException error)
        {
            throw Explain("zeroing", offsetBytes, error);
        }

        for (var done = 0L; done < lengthBytes; done += ZeroChunkBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            WriteNow(offsetBytes + done, Zeros.AsSpan(0, (int)Math.Min(ZeroChunkBytes, lengthBytes - done)));
        }
    }

    // A file that somebody cut short must not be taken for one with holes: its end looks like one, and a write past it would make one, with zeros where data was.
    private void CheckWhole()
    {
        if (_isFile && RandomAccess.GetLength(_handle) is var lengthBytes && lengthBytes < Geometry.LengthBytes)
        {
            throw CutShort(lengthBytes);
        }
    }

    private BlockDeviceException CutShort(long lengthBytes) =>
        new(BlockDeviceFault.Truncated, $"'{Path}' was cut short: it ends at byte {lengthBytes}; it had {Geometry.LengthBytes} bytes when it was opened.");

    private BlockDeviceException Explain(string action, long offsetBytes, Exception error) =>
        new(_platform.Classify(error), $"A {action} of '{Path}' at byte {offsetBytes} failed: {error.Message}", error);

    private void CheckRange(long offsetBytes, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, Geometry.LengthBytes - offsetBytes);
        if (((offsetBytes | lengthBytes) & (BlockGeometry.SectorBytes - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(offsetBytes), offsetBytes, "Offsets and lengths are multiples of 512 bytes.");
        }
    }

    private void CheckWritable()
    {
        if (_options.Access == StorageAccess.ReadOnly)
        {
            throw new BlockDeviceException(BlockDeviceFault.ReadOnly, $"'{Path}' was opened for reading only.");
        }
    }
}
