using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Caching;

/// <summary>
/// A bounded write-back cache in memory over a block device that it does not own (S-1, S-7, S-15). It takes content that may be hardened and read at once, and knows nothing of other nodes.
/// </summary>
/// <remarks>
/// Everything but <see cref="ReadAsync"/> and the counters belongs to one scheduler; time comes from its clock alone. Content is kept in pages of 4 KiB with a state for each sector of
/// 512 bytes; a page takes 40 bytes besides. Puts go into the page in place, also while it is being hardened: a disk write is of a copy, and what was put meanwhile is dirty again.
/// Pages that are hardened stay for reads until their room is needed, those longest unread first.
/// </remarks>
public sealed partial class WriteBackCache : IAsyncDisposable
{
    /// <summary>The longest put of any cache, in bytes; see <see cref="LargestPutBytes"/>.</summary>
    public const int MaximumPutBytes = 4 << 20;

    private readonly IBlockDevice _device;
    private readonly GrainGeometry _geometry;
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;
    private readonly PageTable _pages;
    private readonly PageReading _reading;
    private readonly DirtyGrains _dirty;
    private readonly RunPicker _picker;
    private readonly RunLanes _lanes;
    private readonly SharedFlush _flush;
    private readonly RoomWaiters _room;
    private readonly long _targetPages;
    private PageList _clean = new();
    private long _unhardenedPages;
    private long _heldPages;
    private long _hardenedPages;
    private bool _isHalted;
    private bool _isDisposed;
    private long _drops;
    private Task? _drop;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="device">The disk, at least as long as the volume; nobody else writes to it where the cache has unhardened content.</param>
    /// <param name="geometry">The volume and its grains.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The options are out of their bounds, or the device is too short.</exception>
    public WriteBackCache(IBlockDevice device, GrainGeometry geometry, CacheOptions options, TimeProvider time)
    {
        if (CacheOptions.Validate(options) is { } complaint)
        {
            throw new ArgumentException(complaint, nameof(options));
        }

        if (device.Geometry.LengthBytes < geometry.LengthBytes)
        {
            throw new ArgumentException($"A device of {device.Geometry.LengthBytes} bytes can't hold a volume of {geometry.LengthBytes}.", nameof(device));
        }

        (_device, _geometry, _options, _time) = (device, geometry, options, time);
        _pages = new PageTable((int)(options.LimitBytes / PageTable.PageBytes));
        _batchBytes = Math.Clamp((options.LimitBytes - options.TargetBytes) / BatchesToLimit, options.RunBytes, (long)RunsPerBatch * options.RunBytes);
        _targetPages = options.TargetBytes / PageTable.PageBytes;
        _reading = new PageReading(_pages, device);
        _dirty = new DirtyGrains((long)(options.HardenAge.TotalSeconds * time.TimestampFrequency));
        _picker = new RunPicker(_pages, _dirty, geometry);
        _lanes = new RunLanes(options, time);
        _flush = new SharedFlush(device, FlushBegins, FlushSucceeded, FlushFailed);
        _room = new RoomWaiters(time);
        Unhardened = new GrainMap(geometry.GrainCount, initialValue: false);
    }

    /// <summary>Grains with content that is not known to be hardened: a bit is set before the content can be seen, and cleared only when all of the grain is hardened (S-7).</summary>
    public GrainMap Unhardened { get; }

    /// <summary>What the unhardened content takes of the limit, in bytes: whole pages. On any thread.</summary>
    public long UnhardenedBytes => Volatile.Read(ref _unhardenedPages) * PageTable.PageBytes;

    /// <summary>What all content takes, unhardened or not, in bytes: whole pages. On any thread.</summary>
    public long HeldBytes => Volatile.Read(ref _heldPages) * PageTable.PageBytes;

    /// <summary>What was hardened since the cache was created, in bytes: whole pages, each time one is wholly hardened. On any thread.</summary>
    public long HardenedBytes => Volatile.Read(ref _hardenedPages) * PageTable.PageBytes;

    /// <summary>How far the unhardened content is on its way from the target (0, and below it) to the limit (1). On any thread.</summary>
    public double Pressure => Math.Clamp((double)(Volatile.Read(ref _unhardenedPages) - _targetPages) / (_pages.Capacity - _targetPages), 0, 1);

    /// <summary>The longest put that is possible, in bytes: <see cref="MaximumPutBytes"/>, less where the cache is smaller than that.</summary>
    public int LargestPutBytes => (int)Math.Min(MaximumPutBytes, (_pages.Capacity - 1L) * PageTable.PageBytes);

    /// <summary>Told, on the scheduler, of each grain that has become wholly hardened, after its bit was cleared. It may put, and may not wait.</summary>
    public Action<long>? GrainHardened { get; set; }

    /// <summary>Told, on the scheduler, after a put above the target and after every flush: <see cref="Pressure"/> or <see cref="HardenedBytes"/> has changed.</summary>
    public Action? FillChanged { get; set; }

    /// <summary>Told once, on the scheduler, of the fault that ends all hardening.</summary>
    public Action<Exception>? Faulted { get; set; }

    /// <summary>
    /// The write or flush of the disk that failed, or null. It is never tried again as if it had worked (P-2): nothing is hardened any more, while what is cached can be read and, as
    /// long as there is room, put.
    /// </summary>
    public Exception? Fault { get; private set; }

    /// <summary>Puts content in. On the scheduler.</summary>
    /// <param name="offsetBytes">Where; whole sectors.</param>
    /// <param name="data">Whole sectors, at most <see cref="LargestPutBytes"/>. Copied.</param>
    /// <returns>False, and nothing is put, where there is no room now: wait by <see cref="WhenRoomAsync"/>.</returns>
    public bool TryPut(long offsetBytes, ReadOnlySpan<byte> data)
    {
        Check(offsetBytes, data.Length);
        return TryPut(offsetBytes, data.Length, data, mayUnmap: false);
    }

    /// <summary>Puts zeros in, which take the same room as data, but neither their memory nor their time on the disk. On the scheduler.</summary>
    /// <param name="offsetBytes">Where; whole sectors.</param>
    /// <param name="lengthBytes">Whole sectors, at most <see cref="LargestPutBytes"/>.</param>
    /// <param name="mayUnmap">True where the disk may store them as a hole.</param>
    /// <returns>False, and nothing is put, where there is no room now.</returns>
    public bool TryPutZeroes(long offsetBytes, long lengthBytes, bool mayUnmap)
    {
        Check(offsetBytes, lengthBytes);
        return TryPut(offsetBytes, (int)lengthBytes, [], mayUnmap);
    }

    /// <summary>Completes when a put of so many bytes, wherever, would succeed. Others may take the room before the caller goes on: try, and wait again. <see cref="RunAsync"/> makes room.</summary>
    /// <param name="lengthBytes">At most <see cref="LargestPutBytes"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BlockDeviceException">The disk has failed, and there will be no room.</exception>
    public Task WhenRoomAsync(long lengthBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, LargestPutBytes);
        int pages = (int)((lengthBytes + (2 * PageTable.PageBytes) - BlockGeometry.SectorBytes - 1) / PageTable.PageBytes);
        if (!_isHalted && !_room.Any && pages <= _pages.Capacity - _unhardenedPages)
        {
            return Task.CompletedTask;
        }

        if (_isDisposed || Fault is not null)
        {
            return Task.FromException(_isDisposed ? NewDisposed() : NewFault());
        }

        Task done = _room.WaitAsync(pages, cancellationToken);
        WakeIfDue(_time.GetTimestamp());
        return done;
    }

    /// <summary>Reads: what is cached over what the disk has. On any thread, at once with anything else.</summary>
    /// <param name="offsetBytes">Where; whole sectors.</param>
    /// <param name="buffer">Whole sectors. Each comes whole, and none older than what was put before the call.</param>
    /// <param name="cancellationToken">Ends a disk read.</param>
    /// <exception cref="BlockDeviceException">The disk failed to read what is not cached.</exception>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        CheckRange(offsetBytes, buffer.Length);
        return _reading.ReadAsync(offsetBytes, buffer, cancellationToken);
    }

    /// <summary>
    /// Forgets everything cached, hardened or not: the node was cut off (S-10). Completes when no disk write of forgotten content is under way, so that none can land on what is
    /// written to the disk later; until then nothing can be put. <see cref="HardenAsync"/> calls under way fail as cancelled. <see cref="GrainHardened"/> is told only of
    /// what a flush makes durable that is under way already.
    /// </summary>
    public Task DropAsync() => _drop is { IsCompleted: false } ? _drop : _drop = DropOnceAsync();

    /// <summary>Ends hardening, waits for the disk writes under way, and forgets the rest. The device stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        _lanes.Fail(NewDisposed);
        _room.Fail(NewDisposed);
        _sleep?.TrySetResult();
        await HaltAsync();
        Forget();
    }

    private static ObjectDisposedException NewDisposed() => new(nameof(WriteBackCache));

    private async Task DropOnceAsync()
    {
        await HaltAsync();
        Forget();
        _isHalted = _isDisposed;
        ReleaseRoom();
    }

    private async Task HaltAsync()
    {
        _isHalted = true;
        _drops++;
        while (!_lanes.IsIdle || !_flush.IsIdle)
        {
            await _lanes.WhenOverAsync();
            await _flush.WhenOverAsync();
        }
    }

    private void Forget()
    {
        _pages.Clear();
        _dirty.Clear();
        _clean = new PageList();
        _written.Clear();
        _flushing.Clear();
        Unhardened.Reset(false);
        Volatile.Write(ref _unhardenedPages, 0);
        Volatile.Write(ref _heldPages, 0);
        FillChanged?.Invoke();
    }

    private void Check(long offsetBytes, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, LargestPutBytes);
        CheckRange(offsetBytes, lengthBytes);
    }

    private void CheckRange(long offsetBytes, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, _geometry.LengthBytes - offsetBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual((offsetBytes | lengthBytes) % BlockGeometry.SectorBytes, 0, nameof(offsetBytes));
    }

    private void ThrowIfUnable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (Fault is not null)
        {
            throw NewFault();
        }
    }

    private BlockDeviceException NewFault() => new(
        (Fault as BlockDeviceException)?.Fault ?? BlockDeviceFault.MediumError,
        $"The cache hardens nothing any more, since its disk failed: {Fault?.Message}",
        Fault);
}
