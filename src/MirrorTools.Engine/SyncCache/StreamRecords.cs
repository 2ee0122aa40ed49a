using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Hardening;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.SyncCache;

/// <summary>
/// Both records of a stream between two nodes (S-2): what this node keeps of the other one, and the scans by which it has the other one's record of itself cleared. On the pair's scheduler.
/// </summary>
internal sealed class StreamRecords : IHardeningPort
{
    private readonly SyncCore _core;
    private readonly StreamRecordPort _port;
    private readonly HardeningRanges _ranges;
    private HardeningRecord _record;

    public StreamRecords(SyncCore core, StreamRecordPort port, bool togglesWhenSent)
    {
        (_core, _port) = (core, port);
        _ranges = new HardeningRanges(core.Geometry.GrainCount, core.Options.Hardening.RangeCount);
        _record = new HardeningRecord(_ranges, core.Parts.Faults);
        Scanner = new HardeningScanner(_ranges, core.Options.Hardening, this, togglesWhenSent, core.Time, core.Parts.Faults);
    }

    /// <summary>This node's scans.</summary>
    public HardeningScanner Scanner { get; }

    /// <summary>A write takes its place in the stream: the other node may hold it in its cache alone from now on, and so may this one.</summary>
    public void Mark(GrainRange grains)
    {
        _record.Mark(grains);
        Scanner.Mark(grains);
    }

    /// <summary>The other node says what it may hold unhardened from before.</summary>
    public void Seed(GrainMap unhardened)
    {
        foreach (GrainRange run in unhardened.Ranges(value: true))
        {
            _record.Mark(run);
        }
    }

    /// <summary>This node has said, or is saying now, what it may hold unhardened from before: the other one's record has it, and a scan is to harden it.</summary>
    public void MarkOwn(GrainMap unhardened)
    {
        foreach (GrainRange run in unhardened.Ranges(value: true))
        {
            Scanner.Mark(run);
        }
    }

    /// <summary>All grains that the other node may lack on its disk (S-9).</summary>
    public GrainMap Union() => _record.Union();

    /// <summary>A copy of one of the record's maps.</summary>
    public GrainMap Copy(bool ofOld) => _record.Copy(ofOld);

    /// <summary>The other node's grains are accounted for elsewhere: the record begins anew. Between two sessions only.</summary>
    public void Reset() => _record = new HardeningRecord(_ranges, _core.Parts.Faults);

    /// <summary>A grain became hardened here.</summary>
    public void OnGrainHardened(long grain) => Scanner.OnHardened(grain);

    /// <summary>The stream has begun.</summary>
    public void OnSessionStarted() => Scanner.OnSessionStarted();

    /// <summary>The stream has ended.</summary>
    public void OnSessionLost()
    {
        _record.OnSessionLost();
        Scanner.OnSessionLost();
    }

    /// <summary>Takes a message of a scan.</summary>
    /// <returns>False where it is none.</returns>
    /// <exception cref="LinkClosedException">The other node broke the protocol.</exception>
    public bool TryTake(in PeerMessage message)
    {
        int range = (int)Math.Clamp(message.FirstGrain, -1, int.MaxValue);
        switch (message.Kind)
        {
            case SyncMessage.ScanStarted:
                if (!_record.TryBeginScan(range, message.Point))
                {
                    throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"A scan of range {message.FirstGrain} began that can't begin now.");
                }

                _port.Send(SyncMessage.ScanAccepted, range, message.Point);
                return true;
            case SyncMessage.ScanAccepted:
                Scanner.OnAccepted(range, message.Point);
                return true;
            case SyncMessage.ScanCompleted:
                _record.CompleteScan(range, message.Point);
                return true;
            default:
                return false;
        }
    }

    void IHardeningPort.SendScanStarted(int range, ulong scan) => _port.Send(SyncMessage.ScanStarted, range, scan);

    void IHardeningPort.SendScanCompleted(int range, ulong scan) => _port.Send(SyncMessage.ScanCompleted, range, scan);

    Task IHardeningPort.WhenSettledAsync(CancellationToken cancellationToken) =>
        _port.WhenSettledAsync().WithDeadline(Timeout.InfiniteTimeSpan, _core.Time, cancellationToken);

    Task IHardeningPort.HardenAsync(GrainRange grains, Func<long, bool>? only, CancellationToken cancellationToken) => _core.Cache.HardenAsync(grains, only, cancellationToken);

    bool IHardeningPort.IsUnhardened(long grain) => _core.Cache.Unhardened[grain];

    bool IHardeningPort.HasPending(long grain) => _port.HasPending(grain);
}
