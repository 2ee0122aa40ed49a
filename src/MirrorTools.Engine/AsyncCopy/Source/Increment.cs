using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>
/// The increment under way: what is out of sync at its point is frozen, and what comes after is recorded, until it is committed or given up. On the pair's scheduler.
/// </summary>
/// <param name="maps">The maps.</param>
/// <param name="drain">Sends what is frozen.</param>
/// <param name="barrier">Where writes wait that meet it.</param>
internal sealed class Increment(AsyncMaps maps, Drain drain, CollisionBarrier barrier)
{
    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(200);

    private CancellationTokenSource _over = new();
    private IncrementTimer _timer = null!;
    private SourceCore _core = null!;
    private GrainMap? _nextRecording;
    private bool _isLost;

    /// <summary>True while nothing is sent, whatever happens to the increment.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>How many grains it began with.</summary>
    public long Grains { get; private set; }

    /// <summary>The maximum increment timer as it runs; null where no increment is under way.</summary>
    public RunningTimer? Timer => _timer.Running;

    /// <summary>True where all of it is at the other site.</summary>
    public bool IsCopied => maps.ChangeRecording is not null && !_isLost && drain.IsDrained;

    /// <summary>Joins it with the rest of site 1.</summary>
    public void Bind(SourceCore core, SourceCycle cycle) => (_core, _timer) = (core, new IncrementTimer(core, cycle, GiveUpAsync));

    /// <summary>Makes an empty map for what comes after the point.</summary>
    public void Prepare() => _nextRecording = new GrainMap(maps.Geometry.GrainCount, false);

    /// <summary>The instant of the point, with the gate closed. One that is under way is superseded: everything up to the new point is of it.</summary>
    public void Begin()
    {
        // Nothing is taken until the increment has its number.
        drain.IsPaused = true;
        if (maps.ChangeRecording is { } superseded)
        {
            EndRecording(superseded);
            barrier.ReleaseAll();
        }
        else
        {
            drain.BeginEra();
        }

        maps.Freeze();
        maps.HasChanged = false;
        if (!_core.Parts.Faults.RecordChangesLate)
        {
            maps.ChangeRecording = _nextRecording;
        }
    }

    /// <summary>The gate is open again.</summary>
    public void Count() => Grains = maps.Unsynced().CountSet();

    /// <summary>The drain goes on, in the increment's name.</summary>
    public void Run(ulong point)
    {
        if (_core.Parts.Faults.RecordChangesLate)
        {
            _ = _core.Flows.WatchAsync(RecordLateAsync(_over.Token));
        }

        drain.Point = point;
        drain.IsPaused = IsSuspended;
        drain.Pump();
        _timer.Start(point);
        if (_isLost)
        {
            _ = _core.Flows.WatchAsync(GiveUpAsync("LinkLost"));
        }
    }

    /// <summary>The link was cut: what was on its way is out of sync again. Where that was overwritten since, the increment's image of it is nowhere .</summary>
    public void OnSentLost()
    {
        // Put back first, then looked at: a write that records itself and finds its grain in sync is seen here.
        Interlocked.MemoryBarrier();
        if (maps.ChangeRecording is { } recording && HaveCommon(recording, maps.Sent))
        {
            Lose();
        }
    }

    /// <summary>The other site lacks these grains after all, and they are out of sync again. Where they were overwritten since the point, its image of them is nowhere.</summary>
    public void OnPutBack(GrainRange grains)
    {
        Interlocked.MemoryBarrier();
        if (maps.ChangeRecording is { } recording && recording.NextSet(grains.First) < grains.End)
        {
            Lose();
        }
    }

    /// <summary>It is committed, or given up: hosts go on, and what was recorded is out of sync.</summary>
    public void End()
    {
        if (maps.ChangeRecording is { } recording)
        {
            EndRecording(recording);

            // Given up, the volume has changed since the last committed point though nothing may be left to be sent.
            maps.HasChanged |= _core.Journal.Record.LastCommitted.Number < drain.Point;
            drain.Point = Math.Max(drain.Point, _core.Journal.Record.LastCommitted.Number) + 1;
        }

        _nextRecording = null;
        barrier.ReleaseAll();
        drain.IsPaused = IsSuspended;
        drain.Pump();
    }

    /// <summary>The policies were set anew.</summary>
    public void OnOptionsChanged() => _timer.Adjust();

    /// <summary>Gives it up.</summary>
    public Task GiveUpAsync(string reason) => _core.Group.GiveUpAsync(reason);

    /// <summary>The pair is being closed.</summary>
    public void Close()
    {
        _over.Cancel();
        _timer.Stop();
    }

    private void Lose()
    {
        _isLost = true;
        _ = _core.Flows.WatchAsync(GiveUpAsync("LinkLost"));
    }

    // First the writers, who mark out of sync from here on; then what they recorded before.
    private void EndRecording(GrainMap recording)
    {
        _timer.Stop();
        _over.Cancel();
        _over = new CancellationTokenSource();
        drain.BeginEra();
        maps.ChangeRecording = null;
        Interlocked.MemoryBarrier();
        maps.Unfreeze();
        if (!_core.Parts.Faults.ForgetChangeRecording)
        {
            GrainMap.Or(maps.OutOfSync, recording, page => maps.Behind.Mark(page));
        }

        maps.Kept.Reset(false);
        _isLost = false;
    }

    private static bool HaveCommon(GrainMap first, GrainMap second)
    {
        GrainMap both = new(first.GrainCount, false);
        GrainMap.Or(both, first);
        GrainMap.And(both, second);
        return both.NextSet(0) < both.GrainCount;
    }

    // The simulation's deliberate fault of A-2.
    private async Task RecordLateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(s_late, _core.Time, cancellationToken);
            maps.ChangeRecording ??= _nextRecording;
        }
        catch (OperationCanceledException)
        {
            // The increment is over.
        }
    }
}
