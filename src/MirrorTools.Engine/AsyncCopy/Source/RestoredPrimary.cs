using System.Buffers;
using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

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
    private Task _run = Task.CompletedTask;
    private SourceCore? _core;
    private SuspendReason _part;
    private bool _isPersisted;
    private bool _isUnambiguous;
    private Action<SuspendReason, FaultText>? _fault;

    private RestoredPrimary(SourceOpening opening, PreservedArea area, AsyncMaps maps)
    {
        (_opening, _area, _maps) = (opening, area, maps);
        _layer = LayerOf(opening);
        GrainMap restored = new(opening.Geometry.GrainCount, true);
        GrainMap.AndNot(restored, area.Newest);
        _settling = new GrainSettling(restored, opening.Geometry, UndoAsync, opening.Parts.Options, opening.Parts.Time)
        {
            Purpose = "The restoring of the recovered point",
            TakesAll = true,
            RetryPause = s_retryPause,
            Failed = exception => _fault?.Invoke(_part, FaultText.Of(exception)),
        };
        Image = new RestoringImage(
            opening.Geometry, opening.Parts.Volume, opening.Parts.Intermediate, _settling, Find, opening.Control, opening.Parts.Faults.WriteUnrestoredGrains);
    }

    /// <summary>What hosts read and write.</summary>
    public RestoringImage Image { get; }

    /// <summary>
    /// Opens the area, and counts what is preserved there as different from the former source. Opened with the layer of the recovered point alone, it has everything that newer layers hold
    /// in that one: the first layer from the point's own on that holds a grain counts.
    /// </summary>
    public static async Task<RestoredPrimary> OpenAsync(SourceOpening opening, AsyncMaps derived)
    {
        PreservedArea area = await PreservedArea.OpenAsync(
            opening.Parts.Intermediate, opening.Store.Identity.PairId, opening.Geometry, [LayerOf(opening)], opening.Record.TargetEpoch);
        if (!opening.Parts.Faults.ForgetUndoneGrains)
        {
            GrainMap.Or(derived.OutOfSync, area.Newest);
        }

        return new RestoredPrimary(opening, area, derived);
    }

    /// <summary>Begins to undo in the background.</summary>
    public void Start(SourceCore core, Action<SuspendReason, FaultText> fault)
    {
        (_core, _fault) = (core, fault);
        if (_opening.Record.AwaitsRemoteDifferences || _settling.Settled.NextClear(0) < _opening.Geometry.GrainCount)
        {
            // A page that is never written in this role would say, once it has ended, that all of its grains may differ (P-4).
            _maps.Behind.MarkAll();
        }

        _run = core.Flows.WatchAsync(_settling.RunAsync());
    }

    /// <summary>Stops.</summary>
    public async Task CloseAsync()
    {
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

    private static ulong LayerOf(SourceOpening opening) => opening.Parts.Faults.RestoreNewestLayer ? opening.Record.TargetEpoch : opening.Record.RecoveredEpoch;

    private PreservedPlace? Find(long grain) => _area.TryFind(_layer, grain, out PreservedPlace place) ? place : null;

    // What was preserved is how the two sites differ: that is durable before the first grain of it is undone. Hosts that wait see a fault of it as one of the undoing.
    private async Task PersistAsync()
    {
        try
        {
            await _core!.Journal.PersistAllAsync();
            _isPersisted = true;
        }
        catch (IOException exception)
        {
            _part = SourceFault.ReasonOf(exception);
            throw;
        }
    }

    private async Task UndoAsync(IReadOnlyList<GrainRange> batch)
    {
        if (!_isPersisted)
        {
            await PersistAsync();
        }

        _part = SuspendReason.TargetFailed;
        if (!_isUnambiguous)
        {
            await _area.ForgetDurablyAsync();
            _isUnambiguous = true;
        }

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
