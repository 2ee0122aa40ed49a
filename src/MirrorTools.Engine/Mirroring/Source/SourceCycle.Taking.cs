using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <content>The steps of taking a point, one after another, called by the group for each of its members (F-2, F-12).</content>
internal sealed partial class SourceCycle
{
    // After a restart the numbers begin above the reserve: none is ever used twice.
    private ulong _nextPoint;

    // Site 2 has heard of the point, and the copier runs for it: another member may have nothing to copy, and completes no sooner.
    private bool _hasBegun;

    // How long writes were held for the newest point: kept with it once it is committed, also where that is heard late.
    private (ulong Point, TimeSpan Time) _held;

    /// <summary>The smallest number that this pair's next point may have.</summary>
    public ulong NextPoint => Math.Max(Math.Max(Point, _core.Journal.Record.LastCommitted.Number) + 1, _nextPoint);

    /// <summary>How long the writes in flight may hold a point up.</summary>
    public TimeSpan GateDeadline => _core.Options.GateDeadline;

    /// <summary>What the admin has set.</summary>
    public MirrorOptions Options => _core.Options;

    /// <summary>The simulation's deliberate faults.</summary>
    public MirrorFaults Faults => _core.Parts.Faults;

    /// <summary>Makes an identity.</summary>
    public Guid NewId() => _core.Parts.NewId();

    /// <summary>The simulation's deliberate fault of a gate that stays open.</summary>
    public bool LetsWritesPast => _core.Parts.Faults.LetWritesPastGate;

    /// <summary>The simulation's deliberate fault of a lead that waits for nobody.</summary>
    public bool ChoosesEarly => _core.Parts.Faults.ChooseBeforePrepared;

    /// <summary>True where the volume has changed since the last point.</summary>
    public bool HasChanges => _core.Service.HasChanges;

    /// <summary>Sets the first number that may be used.</summary>
    public void SkipTo(ulong point) => _nextPoint = Math.Max(_nextPoint, point);

    /// <summary>Refuses a point in a state that can't have one.</summary>
    /// <exception cref="PairException">Which state it is, and the cmdlet that helps.</exception>
    public void ThrowUnlessPossible(bool supersede)
    {
        if (State is SourceState.Idle or SourceState.Copying && _core.Journal.Record.NeedsComparison)
        {
            // A grain that is compared while a point is under way would be taken for the point's content.
            throw new PairException(PairError.ComparisonNeeded,
                "The two sites are to be compared by hash before a point is taken. Get-MirrorPair shows whether that is under way; it begins by itself when they are connected.");
        }

        switch (State)
        {
            case SourceState.Idle:
            case SourceState.Copying when supersede:
                return;
            case SourceState.InDoubt:
                throw new PairException(PairError.InDoubt,
                    "Whether the last point was committed is not known until the other site has been asked; the link is down. Get-MirrorTrust shows the other agent's state.");
            case SourceState.Suspended:
                throw new PairException(PairError.PairSuspended, "The pair is suspended. Resume-MirrorPair ends that.");
            case SourceState.Lent:
                throw new PairException(PairError.FirstIntermediateLent, "The first intermediate is lent. Set-MirrorPair -ReturnFirstIntermediate ends that.");
            case SourceState.Failed:
                throw new PairException(PairError.PairFailed, "The pair has failed: an invariant broke. Get-MirrorEvent shows which.");
            case SourceState.Completing or SourceState.Prepared or SourceState.Recording when supersede:
                throw new PairException(PairError.PointBeingDecided, $"Point {Point} is being decided and can't be superseded. Wait-FlashcopyCycle waits for it.");
            default:
                throw new PairException(PairError.CycleRunning, "A cycle is running. Wait-FlashcopyCycle waits for it, Start-FlashcopyCycle -Supersede replaces its point.");
        }
    }

    /// <summary>A point is wanted.</summary>
    public void RequestPoint() => Transition(SourceEvent.PointRequested);

    /// <summary>Makes durable that the number is used.</summary>
    /// <returns>What the metadata failed with; null where it did not.</returns>
    public async Task<IOException?> ReserveAsync(ulong point)
    {
        try
        {
            if (point >= _core.Journal.Record.PointReserve)
            {
                await _core.Journal.ChangeAsync(now => now with { PointReserve = Math.Max(now.PointReserve, point + 1024) });
            }

            _nextPoint = Math.Max(_nextPoint, point + 1);
            return null;
        }
        catch (IOException exception)
        {
            return exception;
        }
    }

    /// <summary>The metadata could not be written.</summary>
    public void SuspendForMetadata(IOException failure) => SuspendNeeded(SuspendReason.MetadataFailed, FaultText.Of(failure));

    /// <summary>Waits for what must not meet the point, such as copy steps of an earlier one.</summary>
    /// <returns>False where it did not end by the deadline.</returns>
    public async Task<bool> BeforePointAsync()
    {
        try
        {
            await _core.Service.BeforePointAsync();
            return true;
        }
        catch (TimeoutException)
        {
            ReportGateTimedOut();
            return false;
        }
    }

    /// <summary>Makes what the exchange needs.</summary>
    public void PrepareExchange() => _core.Service.PrepareExchange();

    /// <summary>With the gate closed: lets the writes go that want to fall before the point (F-27).</summary>
    /// <exception cref="TimeoutException">One of them takes too long.</exception>
    public Task WriteBeforePointAsync() => _core.Service.WriteBeforePointAsync();

    /// <summary>The instant of the point: from here on writes are marked as changes after it.</summary>
    public void Exchange(DateTimeOffset takenAt)
    {
        TakenAt = takenAt;
        _core.Service.Exchange();
    }

    /// <summary>The point is taken: what it replaced is over, and the maps are renewed outside the gate (F-3).</summary>
    public void BeginPoint(ulong point)
    {
        if (Point != 0)
        {
            _core.Events.Report(PairEventId.PointSuperseded, ("point", Point), ("by", point), ("linkBytes", LinkBytes));
            End(new CycleOutcome(Point, false, "Superseded"));
        }

        Point = point;
        _hasBegun = false;
        _held = (point, LastGateTime);
        _linkBytesBefore = _core.LinkBytes;
        _outcome = new TaskCompletionSource<CycleOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        Transition(SourceEvent.PointTaken);
        _core.Events.Report(PairEventId.PointTaken, ("point", point), ("t1", TakenAt), ("heldMs", Math.Round(LastGateTime.TotalMilliseconds, 3)));
        _core.Service.BeginPoint();
        Transition(SourceEvent.Merged);
    }

    /// <summary>Tells site 2 and begins to copy.</summary>
    public async Task BeginCopyingAsync(ulong point)
    {
        if (Session is { } session)
        {
            await AnnounceAsync(session);
        }

        if (Point != point || State != SourceState.Copying)
        {
            // Given up meanwhile.
            return;
        }

        _core.Service.BeginCopying(point);
        _hasBegun = true;
        CheckComplete();
    }

    /// <summary>No point could be taken; the one it was to replace is over, too.</summary>
    public async Task AbandonAsync(string reason)
    {
        Transition(SourceEvent.GateTimedOut);
        GivenUp(reason);
        if (Point != 0 && Session is { } session)
        {
            await PointMessages.TellGivenUpAsync(session, Point);
        }

        Finish(reason);
    }

    /// <summary>Says that writes, or copy steps, stayed in flight past the deadline.</summary>
    public void ReportGateTimedOut() =>
        _core.Events.Report(PairEventId.GateTimedOut, ("deadlineMs", (long)_core.Options.GateDeadline.TotalMilliseconds));
}
