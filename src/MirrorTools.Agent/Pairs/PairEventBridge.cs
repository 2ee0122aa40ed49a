using System.Threading.Channels;
using MirrorTools.Agent.Events;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;
using CopyService = MirrorTools.Contracts.Pairs.CopyService;

namespace MirrorTools.Agent.Pairs;

/// <summary>Takes the engine's events, which must not wait, and writes them to the event log in their order. Bounded: a flood loses its tail, never the engine's time.</summary>
internal sealed class PairEventBridge : IAsyncDisposable
{
    private const int QueuedAtMost = 4096;
    private static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(5);
    private readonly Channel<Entry> _queue = Channel.CreateBounded<Entry>(
        new BoundedChannelOptions(QueuedAtMost) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Task _pump;

    public PairEventBridge(EventLog log) => _pump = PumpAsync(log);

    /// <summary>Takes an event of a pair.</summary>
    public void Post(PairEvent happened, EventPair pair, CopyService service)
    {
        if (KindOf(happened, service) is { } kind)
        {
            Tell(kind, pair, [.. happened.Arguments.Select(argument => (argument.Key, argument.Value))]);
        }
    }

    /// <summary>Takes an event of the agent about a pair.</summary>
    public void Tell(EventKind kind, EventPair pair, params (string Name, string Value)[] arguments) =>
        _queue.Writer.TryWrite(new Entry(kind, pair, arguments));

    /// <summary>Writes what is queued.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _pump.WaitAsync(DrainDeadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static EventKind? KindOf(PairEvent happened, CopyService service) => happened.Id switch
    {
        PairEventId.PointTaken => EventKinds.CycleStarted,
        PairEventId.PointCommitted => EventKinds.CycleCommitted,
        PairEventId.PointGivenUp => EventKinds.CycleGivenUp,
        PairEventId.PointSuperseded => EventKinds.CycleSuperseded,
        PairEventId.GateTimedOut => EventKinds.PointNotTaken,
        PairEventId.IncrementTimedOut => EventKinds.IncrementTimedOut,
        PairEventId.RetainedPointDropped => EventKinds.RetainedPointDropped,
        PairEventId.Suspended => happened.Arguments.Any(argument => argument is { Key: "reason", Value: nameof(SuspendReason.Requested) })
            ? null // The admin's request has written its own, with who asked.
            : EventKinds.PairSuspendedByFault,
        PairEventId.LinkUp => EventKinds.PairConnected,
        PairEventId.LinkDown => EventKinds.PairDisconnected,
        PairEventId.WritesDegraded => EventKinds.WritesDegraded,
        PairEventId.FirstIntermediateFailed => EventKinds.FirstIntermediateFailed,
        PairEventId.SourceUnreadable => EventKinds.SourceUnreadable,
        PairEventId.SecondIntermediateFailed when service == CopyService.AsyncCopy => EventKinds.PreservedAreaFailed,
        PairEventId.SecondIntermediateFailed => EventKinds.SecondIntermediateFailed,
        PairEventId.TargetFailed => EventKinds.TargetFailed,
        PairEventId.StorageFull => EventKinds.StorageFull,
        PairEventId.MetadataFailed => EventKinds.MetadataFailed,
        PairEventId.DirtyRegionLogPlaceFailed => EventKinds.RegionLogPlaceFailed,
        PairEventId.MapPageCorrupt => EventKinds.MapPageCorrupt,
        PairEventId.UncleanStart => EventKinds.UncleanStart,
        PairEventId.Recovered => EventKinds.PairRecovered,
        PairEventId.SplitBrain => EventKinds.SplitBrain,
        PairEventId.Superseded => EventKinds.GenerationOutdated,
        PairEventId.BecameTarget => EventKinds.BecameTarget,
        PairEventId.ComparisonNeeded => EventKinds.ComparisonNeeded,
        PairEventId.Compared => EventKinds.Compared,
        PairEventId.FirstIntermediateLent => EventKinds.FirstIntermediateLent,
        PairEventId.InvariantBroken => EventKinds.PairFailed,
        _ => null,
    };

    private async Task PumpAsync(EventLog log)
    {
        await foreach (var entry in _queue.Reader.ReadAllAsync())
        {
            log.Write(entry.Kind, entry.Pair, null, entry.Arguments);
        }
    }

    private readonly record struct Entry(EventKind Kind, EventPair Pair, (string Name, string Value)[] Arguments);
}
