using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// Host writes that met an uncopied grain, and what ends their wait: the copy, a deadline after which B alone is enough, a second one after which the point is
/// given up (F-6, F-22, P-8). Writes register from any thread; the rest happens on the pair's scheduler.
/// </summary>
internal sealed class WriteWaiters(ControlFlow control, TimeProvider time, MirrorOptions options, SourceMaps maps, GrainCopier copier) : IUncopiedBarrier
{
    private readonly List<Waiter> _waiting = [];
    private readonly List<Waiter> _merging = [];
    private TaskCompletionSource? _writesBeforePoint;
    private int _writingBeforePoint;

    /// <summary>Asked to begin a new point that includes the waiting writes (F-27); answers false where they wait like the others.</summary>
    public Func<bool>? MergeRequested { get; set; }

    /// <summary>A write waited for C past the deadline.</summary>
    public Action? LinkDeadlinePassed { get; set; }

    /// <summary>A write waited for B past the deadline.</summary>
    public Action? LocalDeadlinePassed { get; set; }

    /// <summary>The policy in force.</summary>
    public MirrorOptions Options { get; set; } = options;

    /// <summary>How many writes wait now.</summary>
    public int Count => _waiting.Count + _merging.Count;

    /// <summary>True where writes wait to fall before the next point.</summary>
    public bool HasMerging => _merging.Count > 0;

    /// <inheritdoc/>
    public async ValueTask<CopyGrant> AwaitCopiedAsync(GrainRange grains, bool mayFallBeforePoint, CancellationToken cancellationToken)
    {
        Waiter waiter = new(grains, mayFallBeforePoint);
        using CancellationTokenRegistration cancellation = cancellationToken.Register(() => waiter.Grant.TrySetCanceled(cancellationToken));
        control.Post(() => Register(waiter));
        return await waiter.Grant.Task;
    }

    /// <inheritdoc/>
    public void EndedBeforePoint()
    {
        if (Interlocked.Decrement(ref _writingBeforePoint) == 0)
        {
            _writesBeforePoint?.TrySetResult();
        }
    }

    /// <summary>With the gate closed: lets the merging writes write, and waits for them.</summary>
    public async Task WriteBeforePointAsync(TimeSpan deadline)
    {
        Waiter[] writers = [.. _merging];
        _merging.Clear();
        if (writers.Length == 0)
        {
            return;
        }

        _writesBeforePoint = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _writingBeforePoint = writers.Length + 1;
        foreach (Waiter waiter in writers)
        {
            if (!waiter.Grant.TrySetResult(new CopyGrant(CopyGrantKind.WriteBeforePoint)))
            {
                EndedBeforePoint();
            }
        }

        EndedBeforePoint();
        await _writesBeforePoint.Task.WithDeadline(deadline, time, CancellationToken.None);
    }

    /// <summary>Looks at everyone who waits.</summary>
    public void Reconsider()
    {
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            if (Decide(_waiting[i].Grains) is { } grant)
            {
                Waiter waiter = _waiting[i];
                _waiting.RemoveAt(i);
                waiter.Grant.TrySetResult(grant);
            }
        }
    }

    /// <summary>A new point began: what the writes wait for is asked for again.</summary>
    public void DemandAgain()
    {
        Reconsider();
        if (Options.WritePolicy != WritePolicy.Hold || !Options.HoldInScanOrder)
        {
            foreach (Waiter waiter in _waiting.ToArray())
            {
                copier.Demand(waiter.Grains);
            }
        }
    }

    /// <summary>Everyone looks again: no cycle holds them any more.</summary>
    public void ReleaseAll()
    {
        Waiter[] all = [.. _waiting, .. _merging];
        _waiting.Clear();
        _merging.Clear();
        foreach (Waiter waiter in all)
        {
            waiter.Grant.TrySetResult(new CopyGrant(CopyGrantKind.LookAgain));
        }
    }

    /// <summary>Writes that wanted to fall before a point wait like the others from now on.</summary>
    public void StopMerging()
    {
        Waiter[] merging = [.. _merging];
        _merging.Clear();
        foreach (Waiter waiter in merging)
        {
            Queue(waiter);
        }
    }

    private void Register(Waiter waiter)
    {
        if (Decide(waiter.Grains) is { } grant)
        {
            waiter.Grant.TrySetResult(grant);
        }
        else if (waiter.MayFallBeforePoint && Options.WritePolicy == WritePolicy.Merge && maps.Mode.WaitsForC && copier.Channel is not null)
        {
            // With the link away nobody could complete the point that it begins.
            _merging.Add(waiter);
            if (MergeRequested?.Invoke() != true)
            {
                StopMerging();
            }
            else
            {
                _ = WatchMergeAsync(waiter);
            }
        }
        else
        {
            Queue(waiter);
        }
    }

    private void Queue(Waiter waiter)
    {
        _waiting.Add(waiter);
        _ = WatchAsync(waiter);
        if (Options.WritePolicy != WritePolicy.Hold || !Options.HoldInScanOrder)
        {
            copier.Demand(waiter.Grains);
        }

        Reconsider();
    }

    private CopyGrant? Decide(GrainRange grains)
    {
        WriteMode mode = maps.Mode;
        if (!mode.CycleIsLive)
        {
            return new CopyGrant(CopyGrantKind.LookAgain);
        }

        bool all = true;
        bool onItsWay = false;
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            if (!maps.MayOverwrite(mode, grain, localIsEnough: true))
            {
                return null;
            }

            if (!maps.MayOverwrite(mode, grain, localIsEnough: false))
            {
                all = false;
                onItsWay |= copier.IsOnItsWayToC(grain);
            }
        }

        // A grain that is in B never holds a host because C lost it (F-21).
        return all ? new CopyGrant(CopyGrantKind.LookAgain) : onItsWay ? null : new CopyGrant(CopyGrantKind.LocalIsEnough);
    }

    // A point that takes too long to begin holds no write up: from here on the usual deadlines count (P-8).
    private async Task WatchMergeAsync(Waiter waiter)
    {
        if (!await EndsWithinAsync(waiter, Options.LinkDeadline) && _merging.Contains(waiter))
        {
            StopMerging();
        }
    }

    private async Task WatchAsync(Waiter waiter)
    {
        if (await EndsWithinAsync(waiter, Options.LinkDeadline))
        {
            return;
        }

        LinkDeadlinePassed?.Invoke();
        Reconsider();
        if (!await EndsWithinAsync(waiter, Options.LocalDeadline))
        {
            LocalDeadlinePassed?.Invoke();
        }
    }

    private async Task<bool> EndsWithinAsync(Waiter waiter, TimeSpan deadline)
    {
        try
        {
            await waiter.Grant.Task.WithDeadline(deadline, time, CancellationToken.None);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            _waiting.Remove(waiter);
            return true;
        }
    }

    private sealed class Waiter(GrainRange grains, bool mayFallBeforePoint)
    {
        public GrainRange Grains { get; } = grains;

        public bool MayFallBeforePoint { get; } = mayFallBeforePoint;

        public TaskCompletionSource<CopyGrant> Grant { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
