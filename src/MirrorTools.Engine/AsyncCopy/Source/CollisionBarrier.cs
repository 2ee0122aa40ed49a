using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>
/// Host writes that met a grain which the increment under way still needs: its old image is kept aside, or it is sent first. A write that waits past the deadline ends the increment,
/// not the other way round (P-8). Writes register from any thread; the rest happens on the pair's scheduler.
/// </summary>
internal sealed class CollisionBarrier(ControlFlow control, AsyncMaps maps, Drain drain, KeptImages kept, IBlockDevice volume, TimeProvider time) : IUncopiedBarrier
{
    private readonly List<Waiter> _waiting = [];
    private readonly HashSet<long> _keeping = [];
    private int _era;

    /// <summary>The options in force.</summary>
    public required MirrorOptions Options { get; set; }

    /// <summary>A write waited past the deadline.</summary>
    public Action? DeadlinePassed { get; set; }

    /// <summary>The source could not be read.</summary>
    public Action<CopyFault, Exception>? Failed { get; set; }

    /// <summary>How many writes wait now.</summary>
    public int Count => _waiting.Count;

    /// <summary>True while a grain's old image is being read: the drain leaves it alone.</summary>
    public bool IsBeingKept(long grain) => _keeping.Contains(grain);

    /// <inheritdoc/>
    public async ValueTask<CopyGrant> AwaitCopiedAsync(GrainRange grains, bool mayFallBeforePoint, CancellationToken cancellationToken)
    {
        Waiter waiter = new(grains);
        using CancellationTokenRegistration cancellation = cancellationToken.Register(() => waiter.Grant.TrySetCanceled(cancellationToken));
        control.Post(() => Register(waiter));
        return await waiter.Grant.Task;
    }

    /// <summary>No write is ever let before the point here.</summary>
    public void EndedBeforePoint()
    {
    }

    /// <summary>Looks at everyone who waits.</summary>
    public void Reconsider()
    {
        // What is done for one of them may itself be progress that is looked at in here.
        foreach (Waiter waiter in _waiting.ToArray())
        {
            Reconsider(waiter);
        }
    }

    /// <summary>The increment is over: what was being kept for it is not needed, and everyone looks again.</summary>
    public void ReleaseAll()
    {
        _era++;
        kept.Clear();
        Waiter[] all = [.. _waiting];
        _waiting.Clear();
        foreach (Waiter waiter in all)
        {
            waiter.Grant.TrySetResult(new CopyGrant(CopyGrantKind.LookAgain));
        }
    }

    private void Register(Waiter waiter)
    {
        _waiting.Add(waiter);
        Reconsider(waiter);
        if (_waiting.Contains(waiter))
        {
            _ = WatchAsync(waiter);
        }
    }

    private void Reconsider(Waiter waiter)
    {
        if (MayGoOn(waiter.Grains) && _waiting.Remove(waiter))
        {
            waiter.Grant.TrySetResult(new CopyGrant(CopyGrantKind.LookAgain));
        }
    }

    // Does what is to be done for those grains that are still in the way.
    private bool MayGoOn(GrainRange grains)
    {
        if (maps.ChangeRecording is null)
        {
            return true;
        }

        bool mayGoOn = true;
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            if (!maps.Collides(grain))
            {
                continue;
            }

            mayGoOn = false;
            if (_keeping.Contains(grain) || drain.IsReading(grain))
            {
                continue;
            }

            // What the other site has of the grain need not be kept.
            bool isPart = maps.TryFindPart(grain, out int skip, out int length);
            (skip, length) = isPart ? (skip, length) : (0, (int)maps.Geometry.LengthOf(grain, 1));
            if (Options.CollisionPolicy == CollisionPolicy.NewImage && kept.TryReserve(length, Options.KeptImageBytes))
            {
                _keeping.Add(grain);
                _ = KeepAsync(grain, new KeptImage(skip, new byte[length], isPart), _era);
            }
            else
            {
                drain.Demand(new GrainRange(grain, 1));
            }
        }

        return mayGoOn;
    }

    private async Task KeepAsync(long grain, KeptImage image, int era)
    {
        bool isRead = false, isKept = false;
        try
        {
            await volume.ReadAsync(maps.Geometry.OffsetOf(grain) + image.SkipBytes, image.Content, CancellationToken.None);
            isRead = true;
            if (era == _era)
            {
                // In memory first: from the mark on the grain may be overwritten.
                kept.Add(grain, image);
                maps.Kept.Set(grain);
                isKept = true;
            }
        }
        catch (IOException exception)
        {
            Failed?.Invoke(CopyFault.Source, exception);
        }
        finally
        {
            _keeping.Remove(grain);
            kept.Unreserve(isKept ? 0 : image.Content.Length);
            if (isRead)
            {
                // A storage that fails at once would be tried again without an end: the suspension that it leads to lets everyone go on.
                Reconsider();
            }

            drain.Pump();
        }
    }

    private async Task WatchAsync(Waiter waiter)
    {
        try
        {
            await waiter.Grant.Task.WithDeadline(Options.LinkDeadline, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            if (_waiting.Contains(waiter))
            {
                DeadlinePassed?.Invoke();
            }
        }
        catch (OperationCanceledException)
        {
            _waiting.Remove(waiter);
        }
    }

    private sealed class Waiter(GrainRange grains)
    {
        public GrainRange Grains { get; } = grains;

        public TaskCompletionSource<CopyGrant> Grant { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
