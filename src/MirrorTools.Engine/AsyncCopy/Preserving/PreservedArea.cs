using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>
/// The target of an asynchronous copy's instant copy: a store of slots in one device, for the grains of committed points that the volume is about to lose.
/// Each kept point has a layer; what is in none is in the volume.
/// </summary>
/// <remarks>
/// <para>It changes on one serial scheduler, and what writes waits for its turn; look-ups come from any thread. See docs/formats/preserved-area.md for the bytes and for why a power
/// cut can't matter. The caller owns the device.</para>
/// <para>After a flush that failed every later write fails until the area is opened anew (P-2).</para>
/// </remarks>
internal sealed partial class PreservedArea
{
    private readonly MetadataDevice _device;
    private readonly GrainGeometry _geometry;
    private readonly PreservedAreaLayout _layout;
    private readonly PreservedAreaHeaders _headers;
    private readonly PreservedTable _table;
    private readonly PreservedSlots _slots;
    private readonly PreservedLayers _layers;
    private ulong? _newestLabel;
    private bool _isClearing;

    private PreservedArea(MetadataDevice device, PreservedAreaHeaders headers)
    {
        PreservedAreaHeader header = headers.Current;
        (_device, _headers, _geometry) = (device, headers, header.Geometry);
        _layout = PreservedAreaLayout.For(header.Geometry, header.SlotCount);
        _table = new PreservedTable(device, _layout, header.PairId) { Era = header.Era };
        _slots = new PreservedSlots(header.SlotCount);
        _layers = new PreservedLayers(header.Geometry.GrainCount);
        device.Flushed = _table.Flushed;
    }

    /// <summary>How many slots there are.</summary>
    public long SlotCount => _slots.Count;

    /// <summary>How many slots are free. Any thread.</summary>
    public long FreeSlots => _slots.Free;

    /// <summary>The labels of the kept layers, ascending.</summary>
    public IReadOnlyList<ulong> Layers => _layers.Labels;

    /// <summary>The grains that the newest layer holds: changed in place, and another map from <see cref="BeginLayer"/> on. All 0 without a layer.</summary>
    public GrainMap Newest => _layers.Held;

    /// <summary>
    /// Finds a grain of a layer: the first of this layer and the newer ones that holds it has it. Any thread; where nothing is held it costs a bit per layer.
    /// </summary>
    /// <returns>
    /// False where the volume has it. That answer is outdated once the grain is preserved: whoever reads the volume by it looks again afterwards.
    /// </returns>
    /// <exception cref="ArgumentException">The layer is not kept.</exception>
    public bool TryFind(ulong layer, long grain, out PreservedPlace place)
    {
        bool found = _layers.TryFind(layer, grain, out long slot, out bool isZeros);
        place = found ? new PreservedPlace(_layout.OffsetOfSlot(slot), isZeros) : default;
        return found;
    }

    /// <summary>Preserves those grains that the newest layer lacks, and one that is begun meanwhile; when it returns they are there for good, and shown.</summary>
    /// <param name="runs">The grains, in any order.</param>
    /// <param name="from">The volume, which must not change in these grains meanwhile.</param>
    /// <exception cref="InvalidOperationException">There is no layer.</exception>
    /// <exception cref="AreaFullException">There are too few free slots; nothing was written.</exception>
    /// <exception cref="TransferReadException">The volume could not be read; nothing is shown and no slot used.</exception>
    /// <exception cref="IOException">A write or a flush failed: nothing of it is shown, and its slots stay out of use until the area is opened anew.</exception>
    public async Task PreserveAsync(IReadOnlyList<GrainRange> runs, IBlockDevice from)
    {
        using SerialGate.Turn turn = await _device.EnterAsync(CancellationToken.None);
        PreservedLayer layer;
        do
        {
            layer = _layers.Newest ?? throw new InvalidOperationException("The preserved area has no layer to preserve grains in.");
            await PreserveInAsync(layer, runs, from);
        }
        while (layer != _layers.Newest);
    }

    /// <summary>
    /// Takes grains out of the newest layer (A-9: they were undone). When it returns they are out for good, those not held included: what a failed
    /// <see cref="PreserveAsync"/> may have left of them on the disk does not come back.
    /// </summary>
    /// <exception cref="IOException">A write or a flush failed: they are shown as before; the next opening finds each of them held or not.</exception>
    public async Task RemoveAsync(IReadOnlyList<GrainRange> runs)
    {
        using SerialGate.Turn turn = await _device.EnterAsync(CancellationToken.None);
        await SettleAsync();
        if (_layers.Newest is not { } layer)
        {
            return;
        }

        List<(long Slot, PreservedEntry Entry)> removed = [];
        foreach (long grain in Choose(runs, layer.Held, held: true))
        {
            layer.TryFind(grain, out long slot, out _);
            removed.Add((slot, _table[slot]));
        }

        if (removed.Count == 0)
        {
            return;
        }

        await _table.CommitAsync([.. removed.Select(held => (held.Slot, default(PreservedEntry)))]);
        foreach ((long slot, PreservedEntry entry) in removed)
        {
            // Meanwhile a commit may have made the layer an older one, and a drop may have moved its grains or freed them.
            if (_layers.OwnerOf(entry.Label) is { } owner && owner.TryFind(entry.Grain, out long place, out _) && place == slot)
            {
                owner.Remove(entry.Grain);
                Release(slot);
            }
        }
    }

    /// <summary>
    /// Clears on the disk what was forgotten since it was found there. Before the first <see cref="RemoveAsync"/> where several layers were opened as one: of a grain that is taken out, the
    /// entry of a newer layer would step into its place.
    /// </summary>
    /// <exception cref="IOException">A write or a flush failed: the next opening finds each of those entries or not, which is the same.</exception>
    public async Task ForgetDurablyAsync()
    {
        using SerialGate.Turn turn = await _device.EnterAsync(CancellationToken.None);
        await SettleAsync();
        await _table.WriteForgottenAsync();
    }

    /// <summary>The grains that a layer or a newer one holds: where its point differs from the volume.</summary>
    public GrainMap HeldFrom(ulong layer) => _layers.HeldFrom(layer);

    /// <summary>Forgets everything for good, by one new header: no layer is left, and every slot is free.</summary>
    /// <exception cref="IOException">A write or a flush failed: the area is as before, or empty, as <see cref="Layers"/> says; the next opening finds either.</exception>
    public async Task ClearAsync()
    {
        using SerialGate.Turn turn = await _device.EnterAsync(CancellationToken.None);
        _isClearing = true;
        try
        {
            ulong era = _headers.Current.Era + 1;
            await _headers.WriteAsync(era, () =>
            {
                _layers.Clear();
                _table.Restart(era);
                _slots.ReleaseAll();
                _newestLabel = null;
            });
        }
        finally
        {
            _isClearing = false;
        }
    }

    private static List<long> Choose(IReadOnlyList<GrainRange> runs, GrainMap map, bool held)
    {
        List<long> grains = [];
        long next = 0;
        foreach (GrainRange run in runs.OrderBy(run => run.First))
        {
            for (next = Math.Max(next, run.First); next < run.End; next++)
            {
                if (map[next] == held)
                {
                    grains.Add(next);
                }
            }
        }

        return grains;
    }

    private async Task PreserveInAsync(PreservedLayer layer, IReadOnlyList<GrainRange> runs, IBlockDevice from)
    {
        List<long> grains = Choose(runs, layer.Held, held: false);
        if (grains.Count == 0)
        {
            return;
        }

        await SettleAsync();
        List<GrainRange> reserved = _slots.Reserve(grains.Count);
        (long Slot, PreservedEntry Entry)[] changes =
            [.. PreservedSlots.Each(reserved).Zip(grains, (slot, grain) => (slot, PreservedEntry.For(layer.Label, grain)))];
        SlotCopy copy = new(_geometry, from, _device.Device, _layout, changes);
        try
        {
            await copy.RunAsync();
            if (copy.HasWritten)
            {
                await _device.FlushAsync(CancellationToken.None);
            }

            await _table.CommitAsync(changes);
        }
        catch (TransferReadException) when (!copy.HasWriteFailed)
        {
            _slots.Release(reserved);
            throw;
        }
        catch
        {
            _slots.Spoil(reserved);
            throw;
        }

        foreach ((long slot, PreservedEntry entry) in changes)
        {
            Admit(slot, entry);
        }
    }

    /// <summary>Undoes what a batch that failed may have left on the disk, before anything relies on it.</summary>
    private async ValueTask SettleAsync()
    {
        if (_headers.IsUnsettled)
        {
            await _headers.WriteAsync(_headers.Current.Era);
        }

        if (_table.IsUnsettled)
        {
            await _table.SettleAsync();
        }
    }
}
