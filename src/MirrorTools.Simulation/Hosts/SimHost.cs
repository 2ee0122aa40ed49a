using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Hosts;

/// <summary>
/// A host with several requests in flight over the volumes of a group: writes of any size and alignment, flushes, forced writes, zeroes, trims and
/// reads that are compared at once. It dies with the process it runs under.
/// </summary>
public sealed class SimHost
{
    private const int MostTries = 64;

    private readonly SimProcess _process;
    private readonly IReadOnlyList<IBlockDevice> _volumes;
    private readonly WriteHistory _history;
    private readonly HistoryEpoch _epoch;
    private readonly SimHostOptions _options;
    private readonly SimRandom _random;
    private readonly List<HostWrite> _inFlight = [];
    private bool _stopping;

    /// <summary>Creates a host.</summary>
    /// <param name="process">Whom it lives and dies with.</param>
    /// <param name="name">Who writes, for people.</param>
    /// <param name="volumes">The group's volumes, in the order of the history's numbers.</param>
    /// <param name="history">Where every issue and acknowledgement is kept.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="random">Its own generator.</param>
    public SimHost(
        SimProcess process, string name, IReadOnlyList<IBlockDevice> volumes, WriteHistory history, SimHostOptions options, SimRandom random)
    {
        _process = process;
        Name = name;
        _volumes = volumes;
        _history = history;
        _epoch = history.Current;
        _options = options;
        _random = random;
    }

    /// <summary>Who writes.</summary>
    public string Name { get; }

    /// <summary>Where every issue and acknowledgement is kept.</summary>
    public WriteHistory History => _history;

    /// <summary>Requests that failed, with the reason.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>What a read showed that it must not show.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>How many requests were begun.</summary>
    public int Made { get; private set; }

    /// <summary>The longest that a request took, those included that got no answer yet, without the time that the whole process stood still.</summary>
    public TimeSpan LongestRequest => _pending.Values.Select(since => Running - since).Append(_longestAnswered).Max();

    /// <summary>When the longest answered request was made, for people.</summary>
    public TimeSpan LongestRequestMade { get; private set; }

    private readonly Dictionary<int, TimeSpan> _pending = [];

    private TimeSpan _longestAnswered;

    private TimeSpan Running => _process.Scheduler.Now - _process.FrozenTime;

    /// <summary>Requests from every worker, until <paramref name="requests"/> were made or <see cref="Stop"/>.</summary>
    public async Task RunAsync(int requests)
    {
        var left = requests;
        var workers = new List<Task>();
        for (var worker = 0; worker < _options.Workers; worker++)
        {
            workers.Add(Work(worker));
        }

        foreach (var worker in workers)
        {
            await worker;
        }

        async Task Work(int worker)
        {
            while (left-- > 0 && !_stopping)
            {
                await Task.Delay(_random.Between(TimeSpan.Zero, _options.ThinkTime), _process.Time);
                await RequestAsync(worker);
            }
        }
    }

    /// <summary>Lets the workers end after their present request.</summary>
    public void Stop() => _stopping = true;

    /// <summary>One explicit write, for plans.</summary>
    public Task WriteAsync(int volume, long firstSector, int sectorCount, bool isForced = false) =>
        WriteAsync(volume, firstSector, sectorCount, isZeroing: false, isForced, mayUnmap: false);

    private async Task RequestAsync(int worker)
    {
        Made++;
        var started = _process.Scheduler.Now;
        var since = _pending[worker] = Running;
        try
        {
            await ChooseAsync();
        }
        catch (IOException e)
        {
            Errors.Add($"{Name} at {_process.Scheduler.Now:c}, asked at {started:c}: {e.Message}");
        }

        _pending.Remove(worker);
        var took = Running - since;
        if (took > _longestAnswered)
        {
            (_longestAnswered, LongestRequestMade) = (took, started);
        }
    }

    private Task ChooseAsync()
    {
        var volume = _random.Next(_volumes.Count);
        var draw = _random.NextDouble();
        if ((draw -= _options.FlushShare) < 0)
        {
            return FlushAsync(volume);
        }

        var (first, count) = ChooseRange(volume);
        if ((draw -= _options.ReadShare) < 0)
        {
            return ReadAsync(volume, first, count);
        }

        var isZeroing = _random.Chance(_options.ZeroShare);
        return WriteAsync(volume, first, count, isZeroing, _random.Chance(_options.ForcedShare), mayUnmap: isZeroing && _random.Chance(0.5));
    }

    private (long First, int Count) ChooseRange(int volume)
    {
        var sectors = _volumes[volume].Geometry.LengthBytes / BlockGeometry.SectorBytes;
        for (var tries = 1; ; tries++)
        {
            // sizes spread over the powers of two; alignment is whatever comes
            var count = _random.Next(1, 1 + (1 << _random.Next(1, 1 + int.Log2(_options.MaxSectors))));
            var space = _random.Chance(_options.HotShare) ? Math.Min(sectors, _options.HotSectors) : sectors;
            count = (int)Math.Min(count, space);
            var first = _random.NextInt64(space - count + 1);

            // What is in flight may cover the whole of a small volume: then this one overlaps it.
            if (_options.MayOverlap || tries == MostTries || !_inFlight.Exists(w => w.Volume == volume && first < w.FirstSector + w.SectorCount && w.FirstSector < first + count))
            {
                return (first, count);
            }
        }
    }

    private async Task WriteAsync(int volume, long first, int count, bool isZeroing, bool isForced, bool mayUnmap)
    {
        var options = (isForced ? WriteOptions.ForceUnitAccess : 0) | (mayUnmap ? WriteOptions.MayUnmap : 0);
        var write = _history.Issue(Name, volume, first, count, isZeroing, isForced);
        _inFlight.Add(write);
        try
        {
            if (isZeroing)
            {
                await _volumes[volume].WriteZeroesAsync(first * SectorStamp.Bytes, (long)count * SectorStamp.Bytes, options, CancellationToken.None);
            }
            else
            {
                await _volumes[volume].WriteAsync(first * SectorStamp.Bytes, Stamp(write), options, CancellationToken.None);
            }

            _history.Acknowledge(write);
        }
        catch (IOException)
        {
            _history.Fail(write);
            throw;
        }
        finally
        {
            _inFlight.Remove(write);
        }
    }

    private async Task FlushAsync(int volume)
    {
        var issued = _history.Tick();
        await _volumes[volume].FlushAsync(CancellationToken.None);
        _history.Flushed(_epoch, volume, issued);
    }

    private async Task ReadAsync(int volume, long first, int count)
    {
        var issued = _history.Tick();
        var buffer = new byte[count * SectorStamp.Bytes];
        await _volumes[volume].ReadAsync(first * SectorStamp.Bytes, buffer, CancellationToken.None);
        for (var i = 0; i < count; i++)
        {
            if (ReadChecker.Check(_epoch, volume, first + i, buffer.AsSpan(i * SectorStamp.Bytes, SectorStamp.Bytes), issued) is { } violation)
            {
                Violations.Add($"{Name}: {violation}");
            }
        }
    }

    private static byte[] Stamp(HostWrite write)
    {
        var data = new byte[write.SectorCount * SectorStamp.Bytes];
        for (var i = 0; i < write.SectorCount; i++)
        {
            SectorStamp.Write(data.AsSpan(i * SectorStamp.Bytes, SectorStamp.Bytes), write.Id, write.Volume, write.FirstSector + i);
        }

        return data;
    }
}
