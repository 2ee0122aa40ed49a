using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Target;

/// <summary>
/// Which layers of the area are kept: that of the last committed point, those of retained points, and those that somebody reads. Where the area is full the oldest retained point goes
/// that has no name and that nobody reads, then the oldest one that is read: its reader's loss, not the mirror's (P-8). On the pair's scheduler.
/// </summary>
/// <param name="core">Site 2.</param>
/// <param name="area">The preserved grains.</param>
/// <param name="readers">Readers of committed points.</param>
internal sealed class KeptLayers(TargetCore core, PreservedArea area, EpochGate readers)
{
    private readonly List<LayerPin> _pins = [];

    /// <summary>The last committed point's layer; 0 before the first commit.</summary>
    public ulong Newest { get; private set; } = core.Record.LastCommitted.IsNone ? 0 : core.Record.TargetEpoch;

    /// <summary>A commit: a new, empty layer. No reader is inside.</summary>
    public void Begin(ulong layer)
    {
        Newest = layer;
        area.BeginLayer(layer);
        Keep();
    }

    /// <summary>Keeps a point for a reader.</summary>
    public LayerPin Pin(CommittedPoint point)
    {
        LayerPin pin = new(point, core.Record.TargetEpochOf(point.Number), ReleaseAsync);
        _pins.Add(pin);
        return pin;
    }

    /// <summary>Gives up a retained point that nobody reads, and its name.</summary>
    /// <exception cref="PairException">It is not retained, or it is read.</exception>
    public async Task RemoveAsync(ulong point)
    {
        if (!core.Record.RetainedPoints.Contains(point))
        {
            throw new PairException(PairError.PointNotKept, $"Point {point} is not retained. Get-ConsistencyPoint shows which are.");
        }

        if (_pins.Exists(pin => pin.Point.Number == point && !pin.IsLost))
        {
            throw new PairException(PairError.PointInUse, $"Point {point} is being read, by an export or a mounted volume. Remove-ConsistencyPoint works once that has ended.");
        }

        await DropAsync(point);
    }

    /// <summary>Preserves grains of the last committed point, durably; afterwards no reader looks for them on the secondary.</summary>
    /// <exception cref="AreaFullException">There is no room, and nothing to be given up for it.</exception>
    /// <exception cref="IOException">A storage failed, or a reader stays for ever.</exception>
    public async Task PreserveAsync(IReadOnlyList<GrainRange> batch, IBlockDevice secondary)
    {
        while (true)
        {
            try
            {
                await area.PreserveAsync(batch, secondary);
                break;
            }
            catch (AreaFullException)
            {
                if (!await TryGiveUpOldestAsync())
                {
                    throw;
                }
            }
        }

        await WaitReadersAsync();
    }

    private async Task<bool> TryGiveUpOldestAsync()
    {
        ulong oldest = core.Record.RetainedPoints.FirstOrDefault(point => !IsNamed(point) && !_pins.Exists(pin => pin.Point.Number == point));
        if (oldest == 0)
        {
            bool IsWanted(LayerPin pin) => pin.Layer == Newest || IsNamed(pin.Point.Number) || _pins.Exists(other => other.Layer == pin.Layer && other.IsHeld);
            if (_pins.Where(pin => !pin.IsLost && !IsWanted(pin)).MinBy(static pin => pin.Layer) is not { } read)
            {
                return false;
            }

            oldest = read.Point.Number;
            _pins.FindAll(pin => pin.Layer == read.Layer).ForEach(static pin => pin.IsLost = true);

            // Those that are inside have the slots still.
            await WaitReadersAsync();
        }

        await DropAsync(oldest);
        core.Events.Report(PairEventId.RetainedPointDropped, ("point", oldest));
        return true;
    }

    private bool IsNamed(ulong point) => core.Record.NamedPoints.Any(named => named.Number == point);

    // Durable before the area hears of it.
    private async Task DropAsync(ulong point)
    {
        if (core.Record.RetainedPoints.Contains(point))
        {
            await core.ChangeRecordAsync(now => (now with { RetainedPoints = [.. now.RetainedPoints.Where(kept => kept != point)] }).WithNamesOfKept());
        }

        Keep();
    }

    // Its reader has ended, and its slots may be used again.
    private Task ReleaseAsync(LayerPin pin) => core.Control.InvokeAsync(() =>
    {
        _pins.Remove(pin);
        Keep();
        return Task.CompletedTask;
    });

    private void Keep()
    {
        if (Newest != 0)
        {
            IEnumerable<ulong> retained = core.Record.RetainedPoints.Select(core.Record.TargetEpochOf);
            IEnumerable<ulong> read = _pins.Where(static pin => !pin.IsLost).Select(static pin => pin.Layer);
            area.Keep([.. retained.Concat(read).Append(Newest).Distinct().Order()]);
        }
    }

    private async Task WaitReadersAsync()
    {
        for (long began = core.Time.GetTimestamp(); ;)
        {
            try
            {
                await readers.GraceAsync(core.Parts.Options.GateDeadline);
                return;
            }
            catch (TimeoutException exception) when (core.Time.GetElapsedTime(began) > core.Parts.Options.GateDeadline * 10)
            {
                throw new BlockDeviceException(BlockDeviceFault.Unreachable, "A reader of the committed image was not answered by its storage.", exception);
            }
            catch (TimeoutException)
            {
                // Again.
            }
        }
    }
}
