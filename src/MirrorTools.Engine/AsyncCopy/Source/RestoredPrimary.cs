using System.Buffers;
using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>
/// The volume of a primary that came out of a recovery: the secondary, with the half-drained increment undone grain by grain from what was preserved. A host's write undoes its
/// grains first.
/// </summary>
internal sealed class RestoredPrimary
{
    private const int RunBytes = 1 << 20;

    private static readonly TimeSpan s_retryPause = TimeSpan.FromSeconds(1);

    private readonly SourceOpening _opening;
    private readonly PreservedArea _area;
    private readonly AsyncMaps _maps;
    private readonly GrainSettling _settling;
    private readonly ulong _layer;
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<SuspendReason, FaultText>? _fault;
    private Task _run = Task.CompletedTask;

    private RestoredPrimary(SourceOpening opening, PreservedArea area, AsyncMaps maps)
    {
        (_opening, _area, _maps) = (opening, area, maps);
        _layer = opening.Record.TargetEpoch;
        GrainMap restored = new(opening.Geometry.GrainCount, true);
        GrainMap.AndNot(restored, area.Newest);
        _settling = new GrainSettling(restored, opening.Geometry, UndoAsync, opening.Parts.Options, opening.Parts.Time)
        {
            Purpose = "The restoring of the recovered point",
            TakesAll = true,
            RetryPause = s_retryPause,
            Failed = exception => _fault?.Invoke(SuspendReason.TargetFailed, FaultText.Of(exception)),
        };
        Image = new RestoringImage(
            opening.Geometry, opening.Parts.Volume, opening.Parts.Intermediate, _settling, Find, opening.Control, opening.Parts.Faults.WriteUnrestoredGrains);
    }

    /// <summary>What hosts read and write.</summary>
    public RestoringImage Image { get; }

    /// <summary>Opens the area, and counts what is preserved there as different from the former source.</summary>
    public static async Task<RestoredPrimary> OpenAsync(SourceOpening opening, AsyncMaps derived)
    {
        PreservedArea area = await PreservedArea.OpenAsync(
            opening.Parts.Intermediate, opening.Store.Identity.PairId, opening.Geometry, [opening.Record.TargetEpoch]);
        GrainMap.Or(derived.OutOfSync, area.Newest);
        return new RestoredPrimary(opening, area, derived);
    }

    /// <summary>Begins to undo in the background.</summary>
    public void Start(SourceCore core, Action<SuspendReason, FaultText> fault)
    {
        _fault = fault;
        _run = core.Flows.WatchAsync(RunAsync(core));
    }

    /// <summary>Stops.</summary>
    public async Task CloseAsync()
    {
        _stop.TrySetResult();
        _settling.Stop();
        await _run;
    }

    /// <summary>Takes the grains that are not undone for different: the role ends, and the secondary alone stands for this side.</summary>
    public void ForgetUnrestored()
    {
        for (long first = _settling.Settled.NextClear(0); first < _opening.Geometry.GrainCount;)
        {
            long end = _settling.Settled.RunEnd(first);
            _maps.Unsync(new GrainRange(first, end - first));
            first = _settling.Settled.NextClear(end);
        }
    }

    private PreservedPlace? Find(long grain) => _area.TryFind(_layer, grain, out PreservedPlace place) ? place : null;

    // What was preserved is how the two sites differ: that is durable before the first grain of it is undone.
    private async Task RunAsync(SourceCore core)
    {
        if (_settling.Settled.NextClear(0) < _opening.Geometry.GrainCount)
        {
            _maps.Behind.MarkAll();
            while (!_stop.Task.IsCompleted && !await TryPersistAsync(core))
            {
            }
        }

        await _settling.RunAsync();
    }

    private async Task<bool> TryPersistAsync(SourceCore core)
    {
        try
        {
            await core.Journal.PersistAllAsync();
            return true;
        }
        catch (IOException exception)
        {
            _fault?.Invoke(SuspendReason.MetadataFailed, FaultText.Of(exception));
        }

        try
        {
            await _stop.Task.WithDeadline(s_retryPause, core.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The next try.
        }

        return false;
    }

    private async Task UndoAsync(IReadOnlyList<GrainRange> batch)
    {
        GrainGeometry geometry = _opening.Geometry;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(RunBytes, geometry.GrainBytes));
        try
        {
            foreach (GrainRange run in batch)
            {
                for (long grain = run.First; grain < run.End; grain++)
                {
                    await UndoAsync(grain, buffer.AsMemory(0, (int)geometry.LengthOf(grain, 1)));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await _opening.Parts.Volume.FlushAsync(CancellationToken.None);
        await _area.RemoveAsync(batch);
    }

    private async Task UndoAsync(long grain, Memory<byte> buffer)
    {
        if (Find(grain) is not { } place)
        {
            return;
        }

        long offset = _opening.Geometry.OffsetOf(grain);
        if (place.IsZeros)
        {
            await _opening.Parts.Volume.WriteZeroesAsync(offset, buffer.Length, WriteOptions.MayUnmap, CancellationToken.None);
            return;
        }

        await _opening.Parts.Intermediate.ReadAsync(place.OffsetBytes, buffer, CancellationToken.None);
        await _opening.Parts.Volume.WriteAsync(offset, buffer, WriteOptions.None, CancellationToken.None);
    }
}
