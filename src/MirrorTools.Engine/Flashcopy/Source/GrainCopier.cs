using System.Buffers;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// The background copy of the first flashcopy (F-4, steps 145 to 148): takes uncopied grains in scan order, demanded ones first, reads each from where the point's
/// content is, writes what is missing to B and to C, and counts down. Runs on the pair's scheduler; only device I/O leaves it.
/// </summary>
internal sealed class GrainCopier
{
    // A step that has not read yet holds no memory the window could count.
    private const int MaximumSteps = 64;

    private readonly SourceMaps _maps;
    private readonly IBlockDevice _source;
    private readonly IBlockDevice _intermediate;
    private readonly FlashcopyFaults _faults;
    private readonly AccessClock? _accesses;
    private readonly TimeProvider _time;
    private readonly List<CopyRun> _local = [];
    private readonly Dictionary<long, CopyRun> _unacknowledged = [];
    private readonly Queue<GrainRange> _demanded = new();
    private readonly List<Task> _steps = [];
    private IEnumerator<GrainRange>? _order;
    private GrainRange _stretch;
    private long _cursor;
    private long _windowUsed;
    private ulong _point;
    private CancellationTokenSource _sending = new();
    private bool _running;
    private bool _failed;
    private bool _pumping;

    public GrainCopier(
        SourceMaps maps, IBlockDevice source, IBlockDevice intermediate, AccessClock? accesses, TimeProvider time, FlashcopyOptions options, FlashcopyFaults faults)
    {
        _time = time;
        _maps = maps;
        _source = source;
        _intermediate = intermediate;
        _accesses = accesses;
        Options = options;
        _faults = faults;
    }

    /// <summary>The options in force.</summary>
    public FlashcopyOptions Options { get; set; }

    /// <summary>Raised after grains went into B or onto C.</summary>
    public Action? Progressed { get; set; }

    /// <summary>Raised when a storage failed: which one, and how.</summary>
    public Action<CopyFault, Exception>? Failed { get; set; }

    /// <summary>The link to site 2 while it is up and has settled what it knows.</summary>
    public IPeerChannel? Channel { get; private set; }

    /// <summary>Bytes of grain data handed to the link since the process began; zero runs count nothing.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Grains handed to the link since the process began, zero ones included.</summary>
    public long SentGrains { get; private set; }

    /// <summary>Begins to copy for a point.</summary>
    public void Begin(ulong point)
    {
        _point = point;
        (_running, _failed) = (true, false);
        Rewind();
        Pump();
    }

    /// <summary>Stops, waits for the steps that are touching storages, and forgets what the link has not acknowledged.</summary>
    public async Task StopAsync()
    {
        _running = false;
        _demanded.Clear();
        _unacknowledged.Clear();

        // A step that waits for the link's credit would hold the point up.
        CancellationTokenSource sending = _sending;
        _sending = new CancellationTokenSource();
        sending.Cancel();
        while (_steps.Count > 0)
        {
            await Task.WhenAll(_steps.ToArray());
        }
    }

    /// <summary>The link is up: what C lacks may travel.</summary>
    public void Attach(IPeerChannel channel)
    {
        Channel = channel;
        Rewind();
        Pump();
    }

    /// <summary>The link is down: what was not acknowledged is still to be copied (F-20).</summary>
    public void Detach()
    {
        Channel = null;
        _unacknowledged.Clear();
        Rewind();
        Pump();
    }

    /// <summary>A host waits for these grains: they go to the front.</summary>
    public void Demand(GrainRange grains)
    {
        _demanded.Enqueue(grains);
        Pump();
    }

    /// <summary>True where the grain is on its way to C, so that waiting for it makes sense.</summary>
    public bool IsOnItsWayToC(long grain)
    {
        GrainRange range = new(grain, 1);
        return Channel is not null
            && (_unacknowledged.Values.Any(run => run.Overlaps(range)) || _local.Any(run => run.NeedsC && run.Overlaps(range)));
    }

    /// <summary>C has a run.</summary>
    public void Acknowledged(ulong point, GrainRange grains)
    {
        if (point != _point && !_faults.AcceptStaleAcknowledgements)
        {
            return;
        }

        if (!_running || !_unacknowledged.TryGetValue(grains.First, out CopyRun? run) || run.Grains != grains)
        {
            if (!_faults.AcceptStaleAcknowledgements || grains.End > _maps.Geometry.GrainCount)
            {
                return;
            }
        }

        _unacknowledged.Remove(grains.First);
        _maps.SetOnC(grains);
        Progressed?.Invoke();
        Pump();
    }

    /// <summary>Looks from the first grain again: something before the cursor has changed.</summary>
    public void Rewind()
    {
        _cursor = 0;
        _order = null;
    }

    /// <summary>Starts as many steps as the window takes.</summary>
    public void Pump()
    {
        if (_pumping)
        {
            return;
        }

        _pumping = true;
        try
        {
            while (_running && !_failed && TryNextRun(out CopyRun? run))
            {
                _local.Add(run!);
                Task step = CopyAsync(run!, _point);
                if (!step.IsCompleted)
                {
                    _steps.Add(step);
                    _ = ForgetAsync(step);
                }
            }
        }
        finally
        {
            _pumping = false;
        }
    }

    private async Task ForgetAsync(Task step)
    {
        await step;
        _steps.Remove(step);
        Pump();
    }

    private bool TryNextRun(out CopyRun? run)
    {
        run = null;
        bool localOnly = Channel is null;
        while (_demanded.TryDequeue(out GrainRange demanded))
        {
            for (long grain = demanded.First; grain < demanded.End; grain++)
            {
                if (IsCopyable(grain, localOnly))
                {
                    // The rest of the demand is looked at again after this run.
                    if (grain + 1 < demanded.End)
                    {
                        _demanded.Enqueue(new GrainRange(grain + 1, demanded.End - grain - 1));
                    }

                    run = RunFrom(grain, grain + 1, demanded: true);
                    return true;
                }
            }
        }

        if (_local.Count >= MaximumSteps || _windowUsed >= Options.WindowBytes || (!localOnly && _unacknowledged.Count >= Options.MaximumUnacknowledged))
        {
            return false;
        }

        long next = Options.ScanOrder == ScanOrder.Ascending || _accesses is null ? NextAscending(localOnly) : NextByAccess(localOnly);
        if (next >= _maps.Geometry.GrainCount)
        {
            return false;
        }

        run = RunFrom(next, long.MaxValue, demanded: false);
        return true;
    }

    private long NextAscending(bool localOnly)
    {
        long grain = _maps.NextUncopied(_cursor, localOnly);
        while (grain < _maps.Geometry.GrainCount && EndOfBusy(grain) is { } end)
        {
            grain = _maps.NextUncopied(end, localOnly);
        }

        _cursor = grain;
        return grain;
    }

    private long NextByAccess(bool localOnly)
    {
        _order ??= _accesses!.Order().GetEnumerator();
        while (true)
        {
            for (long grain = _stretch.First; grain < _stretch.End;)
            {
                grain = _maps.NextUncopied(grain, localOnly);
                if (grain >= _stretch.End)
                {
                    break;
                }

                if (EndOfBusy(grain) is not { } end)
                {
                    return grain;
                }

                grain = end;
            }

            if (!_order.MoveNext())
            {
                _stretch = default;
                return _maps.Geometry.GrainCount;
            }

            _stretch = _order.Current;
        }
    }

    private bool IsCopyable(long grain, bool localOnly) =>
        (!_maps.InB[grain] || (!localOnly && !_maps.OnC[grain])) && EndOfBusy(grain) is null;

    // Where a grain is on its way already: the end of that run.
    private long? EndOfBusy(long grain)
    {
        GrainRange range = new(grain, 1);
        foreach (CopyRun run in _local)
        {
            if (run.Overlaps(range))
            {
                return run.Grains.End;
            }
        }

        foreach (CopyRun run in _unacknowledged.Values)
        {
            if (run.Overlaps(range))
            {
                return run.Grains.End;
            }
        }

        return null;
    }

    // A run has one source and one destiny: all its grains agree on inB and onC. Runs of data are cut to RunBytes once their extent is known.
    private CopyRun RunFrom(long first, long end, bool demanded)
    {
        bool inB = _maps.InB[first];
        bool onC = _maps.OnC[first];
        end = Math.Min(end, Math.Min(_maps.InB.RunEnd(first), _maps.OnC.RunEnd(first)));
        end = Math.Min(end, first + Math.Max(1, (1L << 30) / _maps.Geometry.GrainBytes));
        foreach (CopyRun busy in _local.Concat(_unacknowledged.Values))
        {
            if (busy.Grains.First > first)
            {
                end = Math.Min(end, busy.Grains.First);
            }
        }

        if (!demanded && Options.ScanOrder == ScanOrder.Ascending)
        {
            _cursor = end;
        }

        return new CopyRun(new GrainRange(first, end - first), inB, !onC, demanded);
    }

    private async Task CopyAsync(CopyRun run, ulong point)
    {
        IBlockDevice from = run.FromB ? _intermediate : _source;
        CopyFault part = run.FromB ? CopyFault.Intermediate : CopyFault.Source;
        byte[]? buffer = null;
        int reserved = 0;
        try
        {
            bool zeros = await ShortenAsync(run, from);
            long offset = _maps.Geometry.OffsetOf(run.Grains.First);
            long length = _maps.Geometry.LengthOf(run.Grains);
            if (!zeros)
            {
                reserved = (int)length;
                _windowUsed += reserved;
                buffer = ArrayPool<byte>.Shared.Rent(reserved);
                await WatchedAsync(from.ReadAsync(offset, buffer.AsMemory(0, reserved), CancellationToken.None), part);
                zeros = !buffer.AsSpan(0, reserved).ContainsAnyExcept((byte)0);
            }

            if (!run.FromB)
            {
                part = CopyFault.Intermediate;
                await WatchedAsync(
                    zeros
                        ? _intermediate.WriteZeroesAsync(offset, length, WriteOptions.MayUnmap, CancellationToken.None)
                        : _intermediate.WriteAsync(offset, buffer.AsMemory(0, reserved), WriteOptions.None, CancellationToken.None),
                    part);
                if (!_running)
                {
                    return;
                }

                _maps.SetInB(run.Grains);
                Progressed?.Invoke();
            }

            if (run.NeedsC && Channel is { } channel && _running)
            {
                part = CopyFault.Link;
                _unacknowledged[run.Grains.First] = run;
                await SendAsync(channel, run, point, zeros ? default : buffer.AsMemory(0, reserved));
            }
        }
        catch (Exception exception) when (exception is LinkClosedException or OperationCanceledException)
        {
            // The session's own flow notices and detaches; the run is still to be copied.
        }
        catch (Exception exception)
        {
            // The pair is about to be suspended. Steps that fail at once would otherwise follow each other without an end, and the suspension never have its turn.
            _failed = true;
            Failed?.Invoke(part, exception);
        }
        finally
        {
            _local.Remove(run);
            LookAgainAt(run);
            _windowUsed -= reserved;
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    // The scan passes by what is under way. Where a step ended without its work done (its session was cut, C lost the grain meanwhile), it has to come back.
    private void LookAgainAt(CopyRun run)
    {
        bool isUnderWay = _unacknowledged.TryGetValue(run.Grains.First, out CopyRun? sent) && sent == run;
        if (!isUnderWay && _maps.NextUncopied(run.Grains.First, Channel is null) < run.Grains.End)
        {
            _cursor = Math.Min(_cursor, run.Grains.First);
            _order = null;
        }
    }

    // A storage that does not answer has failed (P-7), but the step stays under way: what it writes late must not meet another point.
    private async Task WatchedAsync(ValueTask request, CopyFault part)
    {
        Task answered = request.AsTask();
        try
        {
            await answered.WithDeadline(Options.LocalDeadline, _time, CancellationToken.None);
        }
        catch (TimeoutException exception) when (!answered.IsCompleted)
        {
            Failed?.Invoke(part, exception);
            await answered;
        }
    }

    private async Task SendAsync(IPeerChannel channel, CopyRun run, ulong point, ReadOnlyMemory<byte> payload)
    {
        PeerMessage message = new(
            payload.IsEmpty ? FlashcopyMessage.ZeroGrains : FlashcopyMessage.GrainData,
            0, 0, point, run.Grains.First, run.Grains.Count, Guid.Empty);
        run.IsSent = true;
        SentBytes += payload.Length;
        SentGrains += run.Grains.Count;
        await channel.SendAsync(message, payload, _sending.Token);
    }

    // Zeros travel as one long run without payload; data in runs of at most RunBytes. Returns true for zeros.
    private async Task<bool> ShortenAsync(CopyRun run, IBlockDevice from)
    {
        GrainGeometry geometry = _maps.Geometry;
        long length = geometry.LengthOf(run.Grains);
        BlockExtent extent = await from.FindExtentAsync(geometry.OffsetOf(run.Grains.First), length, CancellationToken.None);
        long longest = Math.Max(1, Options.RunBytes / geometry.GrainBytes);
        bool zeros = extent.Kind != ExtentKind.Data
            && (extent.LengthBytes >= length || extent.LengthBytes >= geometry.GrainBytes);
        long grains = zeros && extent.LengthBytes < length
            ? extent.LengthBytes / geometry.GrainBytes
            : zeros ? run.Grains.Count
            : Math.Min(longest, Math.Max(1, (extent.LengthBytes + geometry.GrainBytes - 1) / geometry.GrainBytes));
        if (grains < run.Grains.Count)
        {
            run.Grains = run.Grains with { Count = grains };
            _cursor = Math.Min(_cursor, run.Grains.End);
        }

        return zeros;
    }
}

/// <summary>Which part failed a copy step.</summary>
internal enum CopyFault
{
    /// <summary>A could not be read.</summary>
    Source,

    /// <summary>B could not be read or written.</summary>
    Intermediate,

    /// <summary>The link did something else than close.</summary>
    Link,
}
