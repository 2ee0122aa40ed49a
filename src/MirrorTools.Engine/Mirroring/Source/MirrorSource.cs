using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// Site 1 of a pair: the source that hosts write, what its copy service keeps beside it, and the conversation with site 2. All of it may be called
/// from any thread; the work happens on the pair's scheduler.
/// </summary>
public sealed class MirrorSource : IAsyncDisposable
{
    private readonly SourceCore _core;
    private readonly SourceCycle _cycle;
    private readonly SourceConnection _connection;
    private readonly SourceComparison _comparison;
    private readonly SourceSuspension _suspension;
    private readonly CycleLoop _loop;
    private readonly RegionUpkeep _upkeep;
    private readonly SuspensionCauses _causes;
    private readonly SourceStatusReader _status;
    private readonly CancellationTokenSource _stop = new();
    private readonly SourceClose _close;
    private Task _background = Task.CompletedTask;

    private MirrorSource(OpenedSource opened)
    {
        SourceCore core = _core = opened.Core;
        DirtyRegionLog log = opened.Log;
        Volume = new SourceVolume(core.Service, core.Geometry, core.Gate, log, core.Time);
        PairRecord record = core.Journal.Record;
        if (record.Suspended == SuspendReason.OldGeneration)
        {
            // What this side learnt before it was restarted holds, whether or not the other one can be reached now (P-6).
            Volume.Refusal = PeerAdmission.OldGenerationRefusal;
        }

        SourceState initial = record.Suspended != SuspendReason.None ? SourceState.Suspended
            : record.FirstIntermediateLent ? SourceState.Lent
            : SourceState.InDoubt;
        _cycle = new SourceCycle(core, initial)
        {
            SuspendNeeded = (reason, detail) => _causes!.OnFault(reason, detail),
            StateChanged = OnStateChanged,
            GivenUp = reason => _loop!.BackOff.OnGivenUp(reason),
            Committed = () => _loop!.BackOff.Reset(),
        };
        _cycle.SkipTo(record.PointReserve);
        _loop = new CycleLoop(core.Time, () => core.Group.IsIdle, () => core.Group.HasChanges, StartByScheduleAsync);
        _suspension = new SourceSuspension(core, _cycle);
        _causes = new SuspensionCauses(core, log, _suspension);
        _comparison = new SourceComparison(core);
        _connection = new SourceConnection(core, _cycle, _comparison, Volume, _causes.OnFault);
        _status = new SourceStatusReader(core, log, _cycle, _suspension, _connection, _comparison, _loop);
        _close = new SourceClose(core, Volume, _cycle, _connection);
        core.Flows.Broken = _cycle.Break;
        core.Service.Bind(core, _cycle, _causes);
        _upkeep = new RegionUpkeep(core.Journal, log, core.Time, () => core.Options) { Failed = _causes.OnUpkeepFailed };
        log.SlotsNeeded = () => core.Control.Post(() => _ = core.Flows.WatchAsync(_upkeep.MakeRoomAsync()));
        log.Overflowed = () => core.Control.Post(_upkeep.Hasten);
        log.PlaceFailed = _causes.OnPlaceFailed;
        foreach (LogPlaceFailure failure in log.FailedPlaces)
        {
            _causes.OnPlaceFailed(failure);
        }
    }

    /// <summary>What hosts read and write.</summary>
    public SourceVolume Volume { get; }

    /// <summary>The copy service, for a test that looks at each step.</summary>
    internal ISourceService Service => _core.Service;

    /// <summary>Creates the metadata of a new pair's site 1 (F-1): everything is still to be copied.</summary>
    /// <param name="parts">The side's parts; the metadata device is overwritten.</param>
    /// <param name="identity">Pair, volume, geometry.</param>
    /// <param name="record">The first record.</param>
    public static Task CreateAsync(MirrorParts parts, MetadataIdentity identity, PairRecord record) =>
        PairMetadata.CreateAsync(parts, identity, record);

    /// <summary>Opens site 1 from its metadata, cleanly closed or not.</summary>
    /// <exception cref="MetadataCorruptException">The metadata can't be read.</exception>
    public static Task<MirrorSource> OpenAsync(MirrorParts parts) =>
        new ControlFlow(parts.Scheduler).InvokeAsync(async () =>
        {
            OpenedSource opened = await SourceOpener.OpenAsync(parts);
            return new MirrorSource(opened).Start(opened);
        });

    /// <summary>The state at this instant.</summary>
    public Task<SourceStatus> GetStatusAsync() => _core.Control.InvokeAsync(() => Task.FromResult(_status.Read()));

    /// <summary>Gives this side a session's channel; it runs until the link is cut, and replaces the one before.</summary>
    public void Attach(IPeerChannel channel) => _core.Control.Post(() => _connection.Attach(channel));

    /// <summary>Takes a consistency point and begins a cycle (F-2); with one running, <paramref name="supersede"/> replaces its point (F-12).</summary>
    /// <returns>The point's number.</returns>
    /// <exception cref="PairException">The pair can't take a point now.</exception>
    public Task<ulong> StartCycleAsync(bool supersede) => _core.Control.InvokeAsync(() => _core.Group.TakePointAsync(supersede));

    /// <summary>Completes when the running point is committed or given up; at once where there is none.</summary>
    public async Task<CycleOutcome?> WaitCycleAsync()
    {
        Task<CycleOutcome>? outcome = await _core.Control.InvokeAsync(() => Task.FromResult(_cycle.Outcome));
        return outcome is null ? null : await outcome;
    }

    /// <summary>Gives the running point up; the next cycle goes on with what is missing.</summary>
    /// <exception cref="PairException">None is running, or it is being decided.</exception>
    public Task StopCycleAsync() => _core.Control.InvokeAsync(async () =>
    {
        switch (_cycle.State)
        {
            case SourceState.Copying when !_core.Group.IsBeingDecided:
                await _core.Group.GiveUpAsync("Requested");
                break;
            case SourceState.Copying or SourceState.Completing or SourceState.Prepared or SourceState.Recording:
                throw new PairException(PairError.PointBeingDecided, "The point is being decided and can't be stopped. Wait-FlashcopyCycle waits for it.");
            default:
                throw new PairException(PairError.NoCycleRunning, "No cycle is running. Get-FlashcopyCycle shows the pair's state.");
        }
    });

    /// <summary>Suspends mirroring: a running point is given up, hosts go on, changes are recorded.</summary>
    public Task SuspendAsync() => _core.Control.InvokeAsync(() => _suspension.SuspendAsync(SuspendReason.Requested, "Requested by an admin."));

    /// <summary>Resumes mirroring after its cause was removed.</summary>
    /// <exception cref="PairException">It is not suspended, or the two sides' generations need an admin's decision (F-23).</exception>
    public Task ResumeAsync() => _core.Control.InvokeAsync(async () =>
    {
        await _suspension.ResumeAsync();
        _connection.OnResumed();
    });

    /// <summary>Sets policies; a running cycle takes them over at its next point.</summary>
    public Task SetOptionsAsync(MirrorOptions options) => _core.Control.InvokeAsync(() =>
    {
        _core.Options = options;
        _core.Service.Options = options;
        return Task.CompletedTask;
    });

    /// <summary>Sets when cycles begin by themselves (F-10).</summary>
    public Task SetScheduleAsync(CycleSchedule schedule) => _core.Control.InvokeAsync(() =>
    {
        _loop.Set(schedule);
        return Task.CompletedTask;
    });

    /// <summary>Lends B for other work: maps are renewed, then <c>inB</c> is cleared; nothing will be sent again (F-29).</summary>
    public Task LendFirstIntermediateAsync() => _core.Control.InvokeAsync(_suspension.LendAsync);

    /// <summary>Takes B back (F-29).</summary>
    public Task ReturnFirstIntermediateAsync() => _core.Control.InvokeAsync(async () =>
    {
        await _suspension.ReturnAsync();
        _connection.OnResumed();
    });

    /// <summary>Writes what the agent keeps with the pair.</summary>
    public Task SetDefinitionAsync(ReadOnlyMemory<byte> definition) =>
        _core.Control.InvokeAsync(() => _core.Journal.ChangeAsync(now => now with { Definition = definition }));

    /// <summary>What the agent keeps with the pair.</summary>
    public ReadOnlyMemory<byte> Definition => _core.Journal.Record.Definition;

    /// <summary>
    /// This pair led a group and was recovered, or holds an older role: what it committed of a point that another member has prepared. What it did not commit by then it never will (F-9).
    /// </summary>
    public Task<PointDecision> DecisionOfAsync(PreparedPoint prepared) => _core.Control.InvokeAsync(() =>
    {
        CommittedPoint commit = _core.Journal.Record.CommitOf(prepared);
        return Task.FromResult(commit.IsNone ? PointDecision.GivenUp : new PointDecision(PointChoice.Committed, commit));
    });

    /// <summary>A copy of a map, for <c>Get-GrainBitmap</c>.</summary>
    public Task<GrainMap> SnapshotAsync(SourceMapKind kind) => _core.Control.InvokeAsync(() => Task.FromResult(_core.Service.Snapshot(kind)));

    /// <summary>
    /// Which grains of this side may differ from what site 2 committed: <c>cycle1</c>, <c>future1</c> and what is not on C (F-16's way back).
    /// </summary>
    public Task<GrainMap> SnapshotDifferencesAsync() => _core.Control.InvokeAsync(() => Task.FromResult(_core.Service.Differences()));

    /// <summary>Closes cleanly: what is known becomes durable, so that nothing is copied again for the stop's sake.</summary>
    public async ValueTask DisposeAsync() => await CloseAsync(last: null);

    private Task CloseAsync(Func<Task>? last)
    {
        _stop.Cancel();
        return _close.RunAsync(() => _background, last);
    }

    /// <summary>
    /// Begins a new generation with this side as its source: the admin has given up what the other side wrote since they parted (F-23). Close this object and open it
    /// anew; the other side has to become the target.
    /// </summary>
    public Task PromoteAsync() => _core.Control.InvokeAsync(async () =>
    {
        Generation generation = new(_core.Parts.NewId(), _core.Time.GetUtcNow(), _core.Parts.AgentId);
        await _core.Journal.ChangeAsync(now => now.Promoted(generation));
    });

    /// <summary>
    /// Begins a new generation with this side as its source, since what the other side knew is lost: nothing counts as committed any more, and everything is compared by hash.
    /// Close this object and open it anew; the other side's metadata has to be made anew under the new generation.
    /// </summary>
    public Task GiveTargetUpAsync() => _core.Control.InvokeAsync(() =>
    {
        Generation generation = new(_core.Parts.NewId(), _core.Time.GetUtcNow(), _core.Parts.AgentId);
        return _core.Journal.ChangeAsync(now => now.WithoutTarget(generation));
    });

    /// <summary>
    /// Turns this side into the other's copy (F-16, F-23): what may differ stays known, so that only that is sent. Afterwards this object is closed; open a
    /// <see cref="Target.MirrorTarget"/> over the same parts.
    /// </summary>
    /// <param name="history">The other side's generations.</param>
    /// <exception cref="IOException">It could not be written down, or as a <see cref="TimeoutException"/>: this object is closed, and its parts open as the source they were.</exception>
    /// <exception cref="PairException">B is lent: as the target, this side would write to it.</exception>
    public async Task BecomeTargetAsync(GenerationHistory history)
    {
        await _core.Control.InvokeAsync(() =>
        {
            if (_core.Journal.Record.FirstIntermediateLent)
            {
                throw new PairException(PairError.FirstIntermediateLent,
                    "The first intermediate is lent, and this side would write to it as the other's copy. Set-MirrorPair -ReturnFirstIntermediate comes first.");
            }

            _core.Service.PrepareBecomingTarget();
            return Task.CompletedTask;
        });
        await CloseAsync(async () =>
        {
            await _core.Journal.ChangeAsync(now => now.AsTargetOf(history));
            _core.Events.Report(PairEventId.BecameTarget, ("generation", history.Current.Id));
        });
    }

    private MirrorSource Start(OpenedSource opened)
    {
        _core.Service.Start();
        _core.Group.Join(_cycle);
        if (opened.Unsettled is { } unsettled)
        {
            _causes.OnUpkeepFailed(unsettled);
        }

        _background = _core.Flows.WatchAsync(RunBackgroundAsync());
        return this;
    }

    private async Task RunBackgroundAsync()
    {
        Task loop = _loop.RunAsync(_stop.Token);
        await _upkeep.RunAsync(_stop.Token);
        await loop;
    }

    private async Task StartByScheduleAsync()
    {
        try
        {
            await _core.Group.TakePointAsync(supersede: false);
        }
        catch (PairException)
        {
            // Reported as an event where it matters; the next tick tries again.
            _loop.LastPointAt = _core.Time.GetUtcNow();
        }
    }

    private void OnStateChanged(SourceState state)
    {
        if (state == SourceState.Merging)
        {
            _loop.LastPointAt = _cycle.TakenAt;
            _loop.BackOff.OnTaken();
        }
        else if (state == SourceState.GivingUp)
        {
            // The next one comes after the pause, not at once, whatever ended this one: what the point held up must get through in between (A-8, P-8).
            _loop.LastPointAt = _core.Time.GetUtcNow();
        }
        else if (state is SourceState.Suspended or SourceState.Failed)
        {
            // Nothing is tried before an admin has resumed the pair, and then anew.
            _loop.BackOff.Reset();
        }
        else if (state == SourceState.Idle)
        {
            _loop.Nudge();
            _upkeep.Hasten();
        }
    }
}
