using System.Runtime.ExceptionServices;
using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>
/// Keeps the record short that another node (the keeper, <see cref="HardeningRecord"/>) has of what this node holds unhardened: range by range it has the keeper toggle its maps,
/// sees to it that nothing of the old one is left unhardened, and has it cleared (S-4 to S-7). One for each keeper. On the pair's scheduler.
/// </summary>
/// <remarks>
/// A scan costs one <c>ScanStarted</c> and one <c>ScanCompleted</c>, however many grains it is about. It is never sent twice, so a lost message ends it only with the session:
/// until then it is shown (<see cref="Shown"/>), and the record merely stays longer than it needs to be.
/// </remarks>
internal sealed partial class HardeningScanner
{
    private readonly HardeningRanges _ranges;
    private readonly HardeningOptions _options;
    private readonly IHardeningPort _port;
    private readonly bool _togglesWhenSent;
    private readonly TimeProvider _time;
    private readonly SyncFaults _faults;
    private readonly RangeScan[] _scans;
    private readonly WorkUnderWay _flows = new();
    private CancellationTokenSource _session = new();
    private ExceptionDispatchInfo? _fault;
    private ulong _lastNumber;
    private int _underWay;
    private bool _hasSession;
    private bool _isStopped;

    /// <summary>Creates the scanner of an empty cache, without a session.</summary>
    /// <param name="ranges">The volume's ranges, as the keeper cuts it.</param>
    /// <param name="options">The method and the bounds.</param>
    /// <param name="port">The node.</param>
    /// <param name="togglesWhenSent">True at the node that sends the writes, where the keeper's toggle lies between two of them where <c>ScanStarted</c> does; false at a node that
    /// receives them, where it lies where the acceptance does.</param>
    /// <param name="time">The clock of all waits.</param>
    /// <param name="faults">Deliberate faults.</param>
    public HardeningScanner(HardeningRanges ranges, HardeningOptions options, IHardeningPort port, bool togglesWhenSent, TimeProvider time, SyncFaults faults)
    {
        (_ranges, _options, _port, _togglesWhenSent, _time, _faults) = (ranges, options, port, togglesWhenSent, time, faults);
        _scans = [.. Enumerable.Range(0, ranges.Count).Select(range => new RangeScan(range))];
        Method = options.Method switch
        {
            HardeningMethod.DestageScan => new DestageScanMethod(ranges, port, faults),
            HardeningMethod.Selective => new SelectiveMethod(ranges, port, faults),
            HardeningMethod.Counter => new CounterMethod(ranges, port, options.HelpAfter, time, faults),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Method, "There is no such hardening method."),
        };
    }

    /// <summary>The method in force.</summary>
    public IScanMethod Method { get; }

    /// <summary>Why scans have ended for good: the disk failed, or an invariant broke. <see cref="RunAsync"/> throws it.</summary>
    public Exception? Fault => _fault?.SourceException;

    /// <summary>The scans that are under way.</summary>
    public IEnumerable<HardeningScan> Scans => _scans.Where(scan => scan.State != ScanState.Idle).Select(Describe);

    /// <summary>
    /// A write takes its place in the stream: to be called at the primary in the step that queues it, elsewhere in the step that receives it, also where it is sent or received
    /// again.
    /// </summary>
    public void Mark(GrainRange grains)
    {
        while (grains.Count > 0)
        {
            GrainRange part = _ranges.FirstPart(grains, out int range);
            Method.Mark(range, part);
            CountMarks(_scans[range], part.Count);
            grains = new GrainRange(part.End, grains.Count - part.Count);
        }
    }

    /// <summary>
    /// A grain may have become hardened, by the cache or because a pending write to it was dropped. Counts only where nothing of it is pending or unhardened (S-7), so it may be
    /// said too often.
    /// </summary>
    public void OnHardened(long grain) => Method.OnHardened(_ranges.RangeOf(grain), grain);

    /// <summary>
    /// The keeper can be reached. What its maps hold is not known, since a completion may have been lost with the last session: every range is scanned once when its time comes.
    /// </summary>
    public void OnSessionStarted()
    {
        _hasSession = true;
        long now = _time.GetTimestamp();
        foreach (RangeScan scan in _scans)
        {
            (scan.Marks, scan.MarkedAt) = (Math.Max(scan.Marks, 1), now);
        }

        Wake();
    }

    /// <summary>The session is lost: all scans end, and what was old is current again, as at the keeper (S-4).</summary>
    public void OnSessionLost()
    {
        if (!_hasSession)
        {
            return;
        }

        _hasSession = false;
        long now = _time.GetTimestamp();
        foreach (RangeScan scan in _scans.Where(scan => scan.State != ScanState.Idle))
        {
            // The flow of a scan that was accepted gives its place back when it ends, which may take until the disk has answered.
            _underWay -= scan.State == ScanState.Announced ? 1 : 0;
            scan.Move(ScanEvent.SessionLost, now);
        }

        Method.OnSessionLost();
        CancellationTokenSource lost = _session;
        _session = new CancellationTokenSource();
        lost.Cancel();
    }

    /// <summary>Starts a scan of a range (figure 5, step 70; figure 6, step 90).</summary>
    /// <returns>False where none can start now: no session, too many scans, one of this range is under way, or <see cref="Fault"/>.</returns>
    public bool TryStart(int range)
    {
        RangeScan scan = _scans[range];
        if (!_hasSession || _isStopped || _fault is not null || _underWay >= _options.MaximumScans)
        {
            return false;
        }

        long now = _time.GetTimestamp();
        if (scan.State != ScanState.Idle)
        {
            if (!_faults.ToggleWhileOldInUse || scan.State != ScanState.Hardening)
            {
                return false;
            }

            scan.Move(ScanEvent.Completed, now);
        }

        _underWay++;
        scan.Number = ++_lastNumber;
        scan.Move(ScanEvent.Started, now);
        _port.SendScanStarted(range, scan.Number);
        if (_togglesWhenSent || _faults.ToggleBeforeAcceptance)
        {
            Toggle(scan);
        }

        Wake();
        return true;
    }

    /// <summary>The keeper has accepted a scan.</summary>
    /// <param name="range">The range, as the peer named it.</param>
    /// <param name="scan">The scan's number, as the peer named it.</param>
    /// <returns>False where no such scan waits for it; nothing happens then.</returns>
    public bool OnAccepted(int range, ulong scan)
    {
        if (!_ranges.Contains(range) || _scans[range] is not { State: ScanState.Announced } accepted || accepted.Number != scan)
        {
            return false;
        }

        if (!_togglesWhenSent && !_faults.ToggleBeforeAcceptance)
        {
            Toggle(accepted);
        }

        accepted.Move(ScanEvent.Accepted, _time.GetTimestamp());
        _ = HardenAsync(accepted, scan, _session.Token);
        Wake();
        return true;
    }

    private void Toggle(RangeScan scan)
    {
        Method.Toggle(scan.Range);
        scan.Marks = 0;
    }

    private async Task HardenAsync(RangeScan scan, ulong number, CancellationToken lost)
    {
        _flows.Enter();
        try
        {
            await Method.HardenOldAsync(scan.Range, lost);

            // Also where the wait did not end by the token: a scan of a lost session says nothing any more.
            if (!lost.IsCancellationRequested && (scan.Number == number || _faults.ToggleWhileOldInUse))
            {
                Complete(scan);
            }
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            // The session is lost, and OnSessionLost has ended the scan.
        }
        catch (Exception exception)
        {
            // Nothing is completed any more, so the keeper's record stays right (P-2).
            _fault ??= ExceptionDispatchInfo.Capture(exception);
        }
        finally
        {
            _underWay--;
            _flows.Leave();
            Wake();
        }
    }

    private void Complete(RangeScan scan)
    {
        if (scan.State == ScanState.Hardening)
        {
            Method.ClearOld(scan.Range);
            scan.Move(ScanEvent.Completed, _time.GetTimestamp());
            _port.SendScanCompleted(scan.Range, scan.Number);
        }
    }

    private HardeningScan Describe(RangeScan scan) => new(scan.Range, scan.Number, scan.State, _time.GetElapsedTime(scan.StateSince));
}
