using System.Runtime.ExceptionServices;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// Site 1 of a cyclic incremental flashcopy pair: the source A that hosts write, the first intermediate B, and the conversation with site 2. All of it may be called
/// from any thread; the work happens on the pair's scheduler.
/// </summary>
public sealed class FlashcopySource : IAsyncDisposable
{
    private readonly SourceCore _core;
    private readonly SourceCycle _cycle;
    private readonly SourceConnection _connection;
    private readonly SourceComparison _comparison;
    private readonly SourceSuspension _suspension;
    private readonly CycleLoop _loop;
    private readonly RegionUpkeep _upkeep;
    private readonly DirtyRegionLog _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;
    private FlashcopyParts? _owned;
    private RecoveredVolume? _recovered;

    private FlashcopySource(SourceCore core, DirtyRegionLog log, AccessClock? accesses)
    {
        _core = core;
        FlashcopyParts parts = core.Parts;
        Volume = new SourceVolume(parts.Volume, core.Maps, core.Gate, log, core.Waiters, accesses, parts.Time, parts.Faults);
        PairRecord record = core.Journal.Record;
        if (record.Suspended == SuspendReason.OldGeneration)
        {
            // What this side learnt before it was restarted holds, whether or not the other one can be reached now (P-6).
            Volume.Refusal = SourceConnection.OldGenerationRefusal;
        }

        SourceState initial = record.Suspended != SuspendReason.None ? SourceState.Suspended
            : record.FirstIntermediateLent ? SourceState.Lent
            : SourceState.InDoubt;
        _cycle = new SourceCycle(core, initial) { SuspendNeeded = OnFault, StateChanged = OnStateChanged };
        _cycle.SkipTo(record.PointReserve);
        _loop = new CycleLoop(parts.Time, () => core.Group.IsIdle, () => core.Group.HasChanges, StartByScheduleAsync);
        _suspension = new SourceSuspension(core, _cycle);
        _comparison = new SourceComparison(core, parts.Volume);
        _connection = new SourceConnection(core, _cycle, _comparison, Volume, (reason, detail) => OnFault(reason, detail));
        core.Flows.Broken = _cycle.Break;
        core.Copier.Progressed = _cycle.OnProgress;
        core.Copier.Failed = OnCopyFailed;
        core.Waiters.MergeRequested = _cycle.RequestMerge;
        core.Waiters.LinkDeadlinePassed = OnLinkDeadline;
        core.Waiters.LocalDeadlinePassed = () => OnFault(
            SuspendReason.FirstIntermediateFailed, $"A write waited for the first intermediate for more than {core.Options.LocalDeadline.TotalSeconds} s.");
        _upkeep = new RegionUpkeep(core.Journal, log, core.Time, () => core.Options) { Failed = OnUpkeepFailed };
        log.SlotsNeeded = () => core.Control.Post(() => _ = core.Flows.WatchAsync(_upkeep.MakeRoomAsync()));
        log.Overflowed = () => core.Control.Post(_upkeep.Hasten);
        _log = log;
        log.PlaceFailed = OnPlaceFailed;
        foreach (LogPlaceFailure failure in log.FailedPlaces)
        {
            OnPlaceFailed(failure);
        }
    }

    /// <summary>What hosts read and write.</summary>
    public SourceVolume Volume { get; }

    /// <summary>The maps as they are, for a test that looks at each step.</summary>
    internal SourceMaps Maps => _core.Maps;

    /// <summary>Creates the metadata of a new pair's site 1 (F-1): everything is still to be copied.</summary>
    /// <param name="parts">The side's parts; the metadata device is overwritten.</param>
    /// <param name="identity">Pair, volume, geometry.</param>
    /// <param name="record">The first record.</param>
    public static Task CreateAsync(FlashcopyParts parts, MetadataIdentity identity, PairRecord record) =>
        PairMetadata.CreateAsync(parts, identity, record);

    /// <summary>Opens site 1 from its metadata, cleanly closed or not.</summary>
    /// <exception cref="MetadataCorruptException">The metadata can't be read.</exception>
    public static Task<FlashcopySource> OpenAsync(FlashcopyParts parts) =>
        new ControlFlow(parts.Scheduler).InvokeAsync(() => OpenOnSchedulerAsync(parts));

    /// <summary>The state at this instant.</summary>
    public Task<SourceStatus> GetStatusAsync() => _core.Control.InvokeAsync(() => Task.FromResult(Status()));

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
    public Task SetOptionsAsync(FlashcopyOptions options) => _core.Control.InvokeAsync(() =>
    {
        _core.Options = options;
        _core.Waiters.Options = options;
        _core.Copier.Options = options;
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
    public Task ReturnFirstIntermediateAsync() => _core.Control.InvokeAsync(_suspension.ReturnAsync);

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
    public Task<GrainMap> SnapshotAsync(SourceMapKind kind) => _core.Control.InvokeAsync(() => Task.FromResult(MapSnapshots.Of(_core.Maps, kind)));

    /// <summary>
    /// Which grains of this side may differ from what site 2 committed: <c>cycle1</c>, <c>future1</c> and what is not on C (F-16's way back).
    /// </summary>
    public Task<GrainMap> SnapshotDifferencesAsync() => _core.Control.InvokeAsync(() => Task.FromResult(MapSnapshots.Differences(_core.Maps)));

    /// <summary>Closes cleanly: what is known becomes durable, so that nothing is copied again for the stop's sake.</summary>
    public async ValueTask DisposeAsync() => await CloseAsync(last: null);

    // A close that was not clean is an unclean start later, no more; what was asked to be done last is done or its failure is thrown.
    private async Task CloseAsync(Func<Task>? last)
    {
        ExceptionDispatchInfo? failure = null;
        _stop.Cancel();
        await _core.Control.InvokeAsync(async () =>
        {
            Volume.Refusal = "The pair is being closed.";
            if (!_core.Group.IsAlone)
            {
                // The others' point can't be completed without this one.
                await _core.Group.GiveUpAsync("MemberClosed");
            }

            _core.Group.Leave(_cycle);
            await _connection.CloseAsync();
            Task stopped = _core.Copier.StopAsync();
            _core.Waiters.ReleaseAll();
            await _background;
            try
            {
                await stopped.WithDeadline(_core.Options.LocalDeadline, _core.Time, CancellationToken.None);
                if (_recovered is not null)
                {
                    await _recovered.CloseAsync(_core.Maps);
                }

                await _core.Journal.CloseCleanlyAsync(_core.Options.GateDeadline)
                    .WithDeadline(_core.Options.GateDeadline + _core.Options.LocalDeadline, _core.Time, CancellationToken.None);
                if (last is not null)
                {
                    await last();
                }
            }
            catch (Exception exception) when (exception is IOException or TimeoutException)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
                _core.Events.Report(PairEventId.MetadataFailed, ("detail", exception.Message));
            }
        });
        await _owned!.Volume.DisposeAsync();
        await _owned.Intermediate.DisposeAsync();
        await _owned.Metadata.DisposeAsync();
        await _owned.SecondLog.Device.DisposeAsync();
        if (last is not null)
        {
            failure?.Throw();
        }
    }

    /// <summary>
    /// Begins a new generation with this side as its source: the admin has given up what the other side wrote since they parted (F-23). Close this object and open it
    /// anew; the other side has to become the target.
    /// </summary>
    public Task PromoteAsync() => _core.Control.InvokeAsync(async () =>
    {
        Generation generation = new(_core.Parts.NewId(), _core.Time.GetUtcNow(), _core.Parts.AgentId);
        await _core.Journal.ChangeAsync(now => now with
        {
            Generations = now.Generations.With(generation),
            AwaitsRemoteDifferences = true,
            Suspended = SuspendReason.None,
        });
    });

    /// <summary>
    /// Begins a new generation with this side as its source, since what the other side knew is lost: nothing counts as committed any more, and everything is compared by hash.
    /// Close this object and open it anew; the other side's metadata has to be made anew under the new generation.
    /// </summary>
    public Task GiveTargetUpAsync() => _core.Control.InvokeAsync(() =>
    {
        Generation generation = new(_core.Parts.NewId(), _core.Time.GetUtcNow(), _core.Parts.AgentId);
        return _core.Journal.ChangeAsync(now => now with
        {
            Generations = now.Generations.With(generation),
            NeedsComparison = true,
            AwaitsRemoteDifferences = false,
            LastCommitted = CommittedPoint.None,
            RecentPoints = [],
            Suspended = now.Suspended is SuspendReason.SplitBrain or SuspendReason.OldGeneration ? SuspendReason.None : now.Suspended,
        });
    });

    /// <summary>
    /// Turns this side into the other's copy (F-16, F-23): what may differ stays known, so that only that is sent. Afterwards this object is closed; open a
    /// <see cref="Target.FlashcopyTarget"/> over the same parts.
    /// </summary>
    /// <param name="history">The other side's generations.</param>
    /// <exception cref="IOException">It could not be written down: this object is closed, and its parts open as the source they were.</exception>
    /// <exception cref="TimeoutException">A storage did not answer; the same holds.</exception>
    public async Task BecomeTargetAsync(GenerationHistory history)
    {
        await _core.Control.InvokeAsync(() =>
        {
            _recovered?.ForgetUnrestored(_core.Maps);
            return Task.CompletedTask;
        });
        await CloseAsync(async () =>
        {
            await _core.Journal.ChangeAsync(now => now with
            {
                Role = PairRole.Target,
                Generations = history,
                OwesDifferences = true,
                AwaitsRemoteDifferences = false,
                IsRecovered = false,
                Suspended = SuspendReason.None,
                TargetRoleOrdinal = now.NextRoleOrdinal,
                TargetPoint = 0,
                Prepared = PreparedPoint.None,
                SettledThrough = 0,
                LastCommitted = CommittedPoint.None,
                RecentPoints = [],
            });
            _core.Events.Report(PairEventId.BecameTarget, ("generation", history.Current.Id));
        });
    }

    private static async Task<FlashcopySource> OpenOnSchedulerAsync(FlashcopyParts parts)
    {
        MetadataStore store = await MetadataStore.OpenAsync(parts.Metadata, CancellationToken.None);
        DirtyRegionLog log = await DirtyRegionLog.OpenAsync(store.Identity, store.RegionLogPlace, parts.SecondLog, parts.Time, CancellationToken.None);
        PairRecord record = SourceLoader.ReadRecord(store);
        PairEvents events = new(store.Identity.PairId, parts.Time, parts.EventSink);
        SourceMaps maps = new(store.Identity.Geometry);
        RecoveredVolume? recovered = record.IsRecovered ? await RecoveredVolume.OpenAsync(parts, store, log, record, maps) : null;
        await SourceLoader.LoadAsync(maps, store, log, record, events);
        return await AssembleAsync(parts, recovered, store, log, record, maps, events);
    }

    private static async Task<FlashcopySource> AssembleAsync(
        FlashcopyParts owned, RecoveredVolume? recovered, MetadataStore store, DirtyRegionLog log, PairRecord record, SourceMaps maps, PairEvents events)
    {
        FlashcopyParts parts = recovered is null ? owned : owned with { Volume = recovered.Image };
        ControlFlow control = new(parts.Scheduler);
        FlashcopyGroup group = parts.Group ?? new FlashcopyGroup([store.Identity.PairId], parts.Time);
        AccessClock? accesses = parts.Options.ScanOrder == ScanOrder.LastAccessed ? new AccessClock(maps.Geometry) : null;
        GrainCopier copier = new(maps, parts.Volume, parts.Intermediate, accesses, parts.Time, parts.Options, parts.Faults);
        SourceCore core = new()
        {
            Parts = parts,
            Control = control,
            Maps = maps,
            Group = group,
            PairId = store.Identity.PairId,
            Journal = new SourceJournal(store, log, maps, parts.Volume, parts.Intermediate, group.Gate.Requests, record, parts.Time, parts.Faults)
            {
                IntermediateDeadline = parts.Options.LocalDeadline,
                IntermediateIsDown = record.Suspended == SuspendReason.FirstIntermediateFailed,
            },
            Copier = copier,
            Waiters = new WriteWaiters(control, parts.Time, parts.Options, maps, copier),
            Events = events,
            Options = parts.Options,
        };
        // What was hot is known as different now; once that is durable the log may forget it.
        IOException? unsettled = log.HotRegions.Count > 0 || log.AllUnknown ? await SettleHotRegionsAsync(core) : null;

        if (record.FirstIntermediateLent || record.Suspended == SuspendReason.FirstIntermediateFailed)
        {
            maps.Mode = maps.Mode with { MarksFuture = false };
        }

        FlashcopySource source = new(core, log, accesses) { _owned = owned, _recovered = recovered };
        recovered?.Start(source.OnFault);
        group.Join(source._cycle);
        if (unsettled is not null)
        {
            source.OnUpkeepFailed(unsettled);
        }

        source._background = core.Flows.WatchAsync(source.RunBackgroundAsync());
        return source;
    }

    // Hosts are served whatever comes of it (P-8, F-22): what was hot stays named on disk, and the fault suspends the pair.
    private static async Task<IOException?> SettleHotRegionsAsync(SourceCore core)
    {
        IOException? failure = null;
        bool isDown = core.Journal.IntermediateIsDown;
        for (int attempt = 0; attempt < 2; attempt++)
        {
            try
            {
                await core.Journal.SettleAsync(core.Options.GateDeadline);
                break;
            }
            catch (IOException exception)
            {
                failure ??= exception;
                if (exception is not FirstIntermediateException)
                {
                    break;
                }

                core.Journal.IntermediateIsDown = true;
            }
        }

        core.Journal.IntermediateIsDown = isDown;
        return failure;
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
        }
        else if (state == SourceState.Idle)
        {
            _loop.Nudge();
            _upkeep.Hasten();
        }
    }

    private void OnFault(SuspendReason reason, FaultText detail) => _core.Control.Post(() => _ = _core.Flows.WatchAsync(_suspension.SuspendAsync(reason, detail)));

    private void OnPlaceFailed(LogPlaceFailure failure)
    {
        _core.Events.Report(PairEventId.DirtyRegionLogPlaceFailed, ("place", failure.Place), ("detail", failure.Cause.Message));
        if (_log.AlivePlaces == RegionLogFlags.None)
        {
            OnFault(SuspendReason.MetadataFailed, FaultText.Of(failure.Cause) with
            {
                Detail = $"The dirty-region log can be written in neither of its places, so writes into regions that are not in it fail: {failure.Cause.Message}",
            });
        }
    }

    private void OnUpkeepFailed(IOException exception) => OnFault(SourceFault.ReasonOf(exception), FaultText.Of(exception));

    private void OnCopyFailed(CopyFault part, Exception exception) => OnFault(
        part switch
        {
            CopyFault.Source => SuspendReason.SourceUnreadable,
            CopyFault.Intermediate => SuspendReason.FirstIntermediateFailed,
            _ => SuspendReason.Failed,
        },
        FaultText.Of(exception));

    private void OnLinkDeadline()
    {
        if (_core.Maps.Mode.WaitsForC)
        {
            _core.Maps.Mode = _core.Maps.Mode with { WaitsForC = false };
            _core.Events.Report(PairEventId.WritesDegraded, ("deadlineMs", (long)_core.Options.LinkDeadline.TotalMilliseconds));
        }
    }

    private SourceStatus Status()
    {
        PairRecord record = _core.Journal.Record;
        bool hasPoint = _cycle.Point != 0;
        if (!hasPoint)
        {
            _core.Maps.Recount();
        }

        return new SourceStatus
        {
            State = _cycle.State,
            Suspended = record.Suspended == SuspendReason.None && _cycle.State == SourceState.Suspended ? _suspension.Reason : record.Suspended,
            SuspendDetail = _suspension.Detail,
            IsStorageFull = _suspension.IsStorageFull,
            IsRegionLogLost = _log.AlivePlaces == RegionLogFlags.None,
            IsConnected = _cycle.Session is not null,
            Point = _cycle.Point,
            TakenAt = hasPoint ? _cycle.TakenAt : null,
            CycleGrains = hasPoint ? _core.Maps.CycleGrains : 0,
            UncopiedGrains = hasPoint ? _core.Maps.Uncopied : 0,
            ChangedGrains = Math.Min(_core.Maps.Geometry.GrainCount, (hasPoint ? 0 : _core.Maps.Uncopied) + _core.Maps.Mode.Future.CountSet()),
            LastCommitted = record.LastCommitted,
            RecentPoints = record.RecentPoints,
            Generations = record.Generations,
            CycleLinkBytes = _cycle.LinkBytes,
            SentBytes = _core.Copier.SentBytes,
            SentGrains = _core.Copier.SentGrains,
            WaitingWrites = _core.Waiters.Count,
            IsDegraded = _core.Maps.Mode.CycleIsLive && _core.Options.WritePolicy != WritePolicy.CopyOnWriteLocal && !_core.Maps.Mode.WaitsForC,
            LastGateTime = _cycle.LastGateTime,
            IsPeerOlder = _connection.IsPeerOlder,
            IsComparing = _comparison.IsRunning,
            ComparedGrains = _comparison.Compared,
        };
    }
}
