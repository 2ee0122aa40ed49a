using System.Buffers;
using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Volumes;

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
    private readonly MirrorFaults _faults;
    private readonly GrainSender _sender = new();
    private readonly RunsUnderWay _underWay;
    private readonly CopyScan _scan;
    private readonly CopyStorages _storages;
    private readonly List<Task> _steps = [];
    private long _windowUsed;
    private ulong _point;
    private bool _running;
    private bool _failed;
    private bool _pumping;

    public GrainCopier(
        SourceMaps maps, IBlockDevice source, IBlockDevice intermediate, AccessClock? accesses, TimeProvider time, MirrorOptions options, MirrorFaults faults)
    {
        _maps = maps;
        _faults = faults;
        _underWay = new RunsUnderWay(_sender);
        _scan = new CopyScan(maps, _underWay, accesses);
        _storages = new CopyStorages(maps.Geometry, source, intermediate, time) { Hung = (part, exception) => Failed?.Invoke(part, exception) };
        Options = options;
    }

    /// <summary>The options in force.</summary>
    public MirrorOptions Options
    {
        get;
        set
        {
            field = value;
            _storages.Deadline = value.LocalDeadline;
        }
    }

    /// <summary>Raised after grains went into B or onto C.</summary>
    public Action? Progressed { get; set; }

    /// <summary>Raised when a storage failed: which one, and how.</summary>
    public Action<CopyFault, Exception>? Failed { get; set; }

    /// <inheritdoc cref="GrainSender.Channel"/>
    public IPeerChannel? Channel => _sender.Channel;

    /// <inheritdoc cref="GrainSender.SentBytes"/>
    public long SentBytes => _sender.SentBytes;

    /// <inheritdoc cref="GrainSender.SentGrains"/>
    public long SentGrains => _sender.SentGrains;

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
        _scan.ForgetDemands();

        // A step that waits for the link's credit would hold the point up.
        _sender.Stop();
        while (_steps.Count > 0)
        {
            await Task.WhenAll(_steps.ToArray());
        }
    }

    /// <summary>The link is up: what C lacks may travel.</summary>
    public void Attach(IPeerChannel channel)
    {
        _sender.Attach(channel);
        Rewind();
        Pump();
    }

    /// <summary>The link is down: what was not acknowledged is still to be copied (F-20).</summary>
    public void Detach()
    {
        _sender.Detach();
        Rewind();
        Pump();
    }

    /// <summary>A host waits for these grains: they go to the front.</summary>
    public void Demand(GrainRange grains)
    {
        _scan.Demand(grains);
        Pump();
    }

    /// <summary>True where the grain is on its way to C, so that waiting for it makes sense.</summary>
    public bool IsOnItsWayToC(long grain) => Channel is not null && _underWay.IsBoundForC(grain);

    /// <summary>C has a run.</summary>
    public void Acknowledged(ulong point, GrainRange grains)
    {
        bool isAwaited = point == _point && _running && _sender.Awaits(grains);
        if (!isAwaited && (!_faults.AcceptStaleAcknowledgements || grains.End > _maps.Geometry.GrainCount))
        {
            return;
        }

        _sender.Acknowledged(grains);
        _maps.SetOnC(grains);
        Progressed?.Invoke();
        Pump();
    }

    /// <summary>Looks from the first grain again: something before the cursor has changed.</summary>
    public void Rewind() => _scan.Rewind();

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
            while (_running && !_failed && NextRun() is { } run)
            {
                _underWay.Begin(run);
                Task step = CopyAsync(run, _point);
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

    // What a host waits for has no window.
    private CopyRun? NextRun()
    {
        bool localOnly = Channel is null;
        if (_scan.NextDemanded(localOnly) is { } demanded)
        {
            return demanded;
        }

        bool isFull = _underWay.LocalCount >= MaximumSteps || _windowUsed >= Options.WindowBytes
            || (!localOnly && _sender.Unacknowledged.Count >= Options.MaximumUnacknowledged);
        return isFull ? null : _scan.Next(Options.ScanOrder, localOnly);
    }

    private async Task CopyAsync(CopyRun run, ulong point)
    {
        CopyFault part = CopyStorages.PartOf(run);
        byte[]? buffer = null;
        int reserved = 0;
        try
        {
            bool zeros = await ShortenAsync(run);
            if (!zeros)
            {
                reserved = (int)_maps.Geometry.LengthOf(run.Grains);
                _windowUsed += reserved;
                buffer = ArrayPool<byte>.Shared.Rent(reserved);
                await _storages.ReadAsync(run, buffer.AsMemory(0, reserved));
                zeros = !buffer.AsSpan(0, reserved).ContainsAnyExcept((byte)0);
            }

            ReadOnlyMemory<byte> content = zeros ? default : buffer.AsMemory(0, reserved);
            if (!run.FromB)
            {
                part = CopyFault.Intermediate;
                await _storages.WriteIntermediateAsync(run, content);
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
                await _sender.SendAsync(channel, run, point, content);
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
            _underWay.End(run);
            LookAgainAt(run);
            _windowUsed -= reserved;
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private async Task<bool> ShortenAsync(CopyRun run)
    {
        long count = run.Grains.Count;
        bool zeros = await _storages.ShortenAsync(run, Options.RunBytes);
        if (run.Grains.Count < count)
        {
            _scan.GoOnBehind(run);
        }

        return zeros;
    }

    // The scan passes by what is under way. Where a step ended without its work done (its session was cut, C lost the grain meanwhile), it has to come back.
    private void LookAgainAt(CopyRun run)
    {
        if (!_sender.Awaits(run) && _maps.NextUncopied(run.Grains.First, Channel is null) < run.Grains.End)
        {
            _scan.ComeBackTo(run);
        }
    }
}
