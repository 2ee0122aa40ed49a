using MirrorTools.Simulation.Checking;

namespace MirrorTools.Simulation.Hosts;

/// <summary>The order of everything hosts issued and were told: what an oracle outside the engine knows.</summary>
public sealed class WriteHistory
{
    private readonly List<HistoryEpoch> _epochs = [];
    private readonly List<TimeSpan> _instants = [TimeSpan.Zero];
    private readonly Func<TimeSpan> _now;
    private readonly Func<long> _nextId;
    private long _lastWriteId;

    /// <summary>Starts the history.</summary>
    /// <param name="baseImages">Each volume's content before the first write.</param>
    /// <param name="now">Simulated time; without it <see cref="WindowsAt"/> has nothing to say.</param>
    /// <param name="nextId">Gives every write its number; needed where several histories share volumes, since a stamp must name one write only.</param>
    public WriteHistory(byte[][] baseImages, Func<TimeSpan>? now = null, Func<long>? nextId = null)
    {
        _nextId = nextId ?? (() => ++_lastWriteId);
        _now = now ?? (static () => TimeSpan.Zero);
        _epochs.Add(new HistoryEpoch(0, baseImages));
    }

    /// <summary>Goes on by two at every event, so that no two have the same instant, and there is one between any two.</summary>
    public long Clock { get; private set; }

    /// <summary>The epoch that goes on.</summary>
    public HistoryEpoch Current => _epochs[^1];

    /// <summary>Every epoch.</summary>
    public IReadOnlyList<HistoryEpoch> Epochs => _epochs;

    /// <summary>How many writes were issued.</summary>
    public long WriteCount { get; private set; }

    /// <summary>How many writes were acknowledged.</summary>
    public long AcknowledgedCount { get; private set; }

    /// <summary>The next instant.</summary>
    public long Tick()
    {
        _instants.Add(_now());
        return Clock += 2;
    }

    /// <summary>
    /// Where an instant of simulated time lies in this history: between the last event that was earlier and the first that is later. Where epochs met
    /// at that very instant, each of them.
    /// </summary>
    public IEnumerable<PointWindow> WindowsAt(TimeSpan instant)
    {
        var earliest = (2L * (_instants.FindLastIndex(i => i < instant) + 1)) - 1;
        var latest = (2L * _instants.FindLastIndex(i => i <= instant)) + 1;
        foreach (var epoch in _epochs)
        {
            var ended = epoch.Number + 1 < _epochs.Count ? _epochs[epoch.Number + 1].Began : HostWrite.Never;
            if (epoch.Began <= latest && ended >= earliest)
            {
                yield return new PointWindow(epoch, Math.Max(earliest, epoch.Began), Math.Min(latest, ended));
            }
        }
    }

    /// <summary>A write is about to be issued; stamp its sectors with its id.</summary>
    public HostWrite Issue(string writer, int volume, long firstSector, int sectorCount, bool isZeroing, bool isForced)
    {
        var write = new HostWrite
        {
            Id = _nextId(),
            Volume = volume,
            FirstSector = firstSector,
            SectorCount = sectorCount,
            IsZeroing = isZeroing,
            IsForced = isForced,
            Writer = writer,
            Issued = Tick(),
        };
        Current.Add(write);
        WriteCount++;
        return write;
    }

    /// <summary>A write that was issued in another history, or before the present epoch, may still happen in this one.</summary>
    /// <returns>The write as this history has it.</returns>
    public HostWrite Adopt(HostWrite write)
    {
        var adopted = new HostWrite
        {
            Id = write.Id,
            Volume = write.Volume,
            FirstSector = write.FirstSector,
            SectorCount = write.SectorCount,
            IsZeroing = write.IsZeroing,
            IsForced = write.IsForced,
            Writer = write.Writer,
            Issued = Tick(),
        };
        Current.Add(adopted);
        return adopted;
    }

    /// <summary>A write was acknowledged.</summary>
    public void Acknowledge(HostWrite write)
    {
        write.Acknowledged = Tick();
        AcknowledgedCount++;
    }

    /// <summary>A write was refused: any part of it may have happened.</summary>
    public void Fail(HostWrite write)
    {
        Tick();
        write.HasFailed = true;
    }

    /// <summary>A flush that was issued at <paramref name="issued"/> succeeded.</summary>
    public void Flushed(HistoryEpoch epoch, int volume, long issued) => epoch.FlushedAt[volume] = Math.Max(epoch.FlushedAt[volume], issued);

    /// <summary>The source crashed: what its volumes hold now is what counts from here on.</summary>
    /// <param name="images">The volumes' content.</param>
    /// <param name="isDurable">False where a later power loss may still take some of it.</param>
    public void BeginEpoch(byte[][] images, bool isDurable)
    {
        _epochs.Add(new HistoryEpoch(_epochs.Count, images) { Began = Tick(), IsBaseDurable = isDurable });
    }
}
