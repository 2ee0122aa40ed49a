using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Maps;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

/// <summary>One seed of the model test: three lives of a node on one disk, each ended by a power cut.</summary>
internal sealed class CacheRun
{
    private readonly CacheRunTally _tally;
    private readonly SimScheduler _scheduler;
    private readonly SimRandom _random;
    private readonly GrainGeometry _geometry;
    private readonly SimDisk _disk;
    private readonly SectorModel _model;
    private SimProcess _process;
    private WriteBackCache _cache = null!;

    public CacheRun(ulong seed, CacheRunTally tally)
    {
        _tally = tally;
        _scheduler = new SimScheduler(seed);
        _random = _scheduler.Random.Fork("test");
        _geometry = new GrainGeometry((200 * 1024) + (512 * _random.Next(1, 16)), 4096 << _random.Next(4));
        _disk = new SimDisk(_scheduler, "D", new SimDiskOptions { LengthBytes = 256 * 1024, SlowProbability = 0.05, SlowLatency = TimeSpan.FromMilliseconds(3) });
        _model = new SectorModel(_geometry.LengthBytes);
        _process = _scheduler.CreateProcess("node");
        _scheduler.BeforeStep = step => CheckUnhardened(step);
    }

    public void Run() => _scheduler.Run(async () =>
    {
        for (int life = 0; life < 3; life++)
        {
            _process = _scheduler.CreateProcess("node");
            _process.Start(BeginLife);
            await Task.Delay(_random.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(30)), _scheduler.World.Time);
            long lost = _disk.Counters.LostSectors;
            _cache = null!;
            _process.Kill();
            _disk.LosePower();
            _tally.LostSectors += _disk.Counters.LostSectors - lost;
            CheckSurvivors();
        }
    });

    private string Because => $"seed {_scheduler.Seed}, step {_scheduler.Step}";

    private Task BeginLife()
    {
        CacheOptions options = new()
        {
            LimitBytes = 65536 << _random.Next(2),
            TargetBytes = 4096 << _random.Next(4),
            RunBytes = 4096 << _random.Next(3),
            HardenAge = TimeSpan.FromMilliseconds(_random.Next(1, 8)),
            MaximumConcurrentWrites = _random.Next(1, 5),
        };
        WatchedDisk watched = new(_disk.Open(_process)) { Peek = (offset, buffer) => _disk.Peek(offset, buffer), Choose = StaleChoice };
        SimProcess process = _process;
        _cache = new WriteBackCache(watched, _geometry, options, process.Time)
        {
            GrainHardened = CheckHardened,
            Faulted = exception => process.Start(() => Task.FromException(exception)),
        };
        WriteBackCache cache = _cache;
        process.Start(() => cache.RunAsync(default));
        foreach (Func<Task> flow in (Func<Task>[])[PutAsync, PutAsync, ReadAsync, ReadAsync, HardenAsync])
        {
            process.Start(flow);
        }

        return Task.CompletedTask;
    }

    private async Task PutAsync()
    {
        WriteBackCache cache = _cache;
        while (true)
        {
            (long first, int count) = SomeSectors();
            bool isZeroes = _random.Next(5) == 0;
            while (!(isZeroes ? cache.TryPutZeroes(first * 512, count * 512, _random.Next(2) == 0) : cache.TryPut(first * 512, _model.Next(first, count))))
            {
                _tally.RoomWaits++;
                await cache.WhenRoomAsync(count * 512, default);
            }

            _tally.Puts++;
            _tally.Overwrites += _model.Latest(first) > _model.Hardened[first] ? 1 : 0;
            _model.Put(first, count, isZeroes);
            Assert.True(cache.HeldBytes <= 65536 * 2 && cache.UnhardenedBytes <= cache.HeldBytes, Because);
            if (_random.Next(3) == 0)
            {
                await PauseAsync(400);
            }
        }
    }

    private async Task ReadAsync()
    {
        WriteBackCache cache = _cache;
        while (true)
        {
            (long first, int count) = SomeSectors();
            int[] from = [.. Enumerable.Range((int)first, count).Select(sector => _model.Latest(sector))];
            byte[] buffer = new byte[count * 512];
            await cache.ReadAsync(first * 512, buffer, default);
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> content = buffer.AsSpan(i * 512, 512);
                Assert.True(
                    _model.IsOneOf(content, first + i, from[i], _model.Latest(first + i)),
                    $"{Because}: a read of sector {first + i} from version {from[i]} on brought {SectorModel.Describe(content)}");
            }

            _tally.Reads++;
            await PauseAsync(200);
        }
    }

    private async Task HardenAsync()
    {
        WriteBackCache cache = _cache;
        while (true)
        {
            GrainRange grains = SomeGrains();
            Func<long, bool>? only = _random.Next(3) == 0 ? grain => grain % 3 != 0 : null;
            int[] atCall = [.. Enumerable.Range(0, _model.SectorCount).Select(sector => _model.Latest(sector))];
            using CancellationTokenSource cancel = new(_random.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(60)), _process.Time);
            try
            {
                await (_random.Next(4) == 0 ? cache.FlushAsync(cancel.Token) : cache.HardenAsync(grains, only, cancel.Token));
            }
            catch (OperationCanceledException)
            {
                continue;
            }

            for (long sector = 0; sector < _model.SectorCount; sector++)
            {
                long grain = _geometry.GrainAt(sector * 512);
                if (grain >= grains.First && grain < grains.End && only?.Invoke(grain) != false)
                {
                    CheckDurable(sector, atCall[sector], "hardened by a call");
                }
            }

            _tally.Hardenings++;
            await PauseAsync(2000);
        }
    }

    private void CheckHardened(long grain)
    {
        Assert.False(_cache.Unhardened[grain], Because);
        for (long sector = _geometry.OffsetOf(grain) / 512; sector < (_geometry.OffsetOf(grain) + _geometry.LengthOf(grain, 1)) / 512; sector++)
        {
            CheckDurable(sector, _model.Latest(sector), "announced as hardened");
            _model.Hardened[sector] = _model.Latest(sector);
        }

        _tally.Hardened++;
    }

    // At every instant: where the map says nothing, the medium has the newest version.
    private void CheckUnhardened(long step)
    {
        for (long sector = step % 16; _cache is not null && sector < _model.SectorCount; sector += 16)
        {
            if (!_cache.Unhardened[_geometry.GrainAt(sector * 512)])
            {
                CheckDurable(sector, _model.Latest(sector), "said to be hardened");
            }
        }
    }

    private void CheckSurvivors()
    {
        for (long sector = 0; sector < _model.SectorCount; sector++)
        {
            CheckDurable(sector, _model.Hardened[sector], "after a power cut");

            // What the cut left is where the next life begins.
            byte[] content = new byte[512];
            _disk.PeekDurable(sector * 512, content);
            int version = _model.Latest(sector);
            while (!_model.IsOneOf(content, sector, version, version))
            {
                version--;
            }

            _model.Rewind(sector, version);
        }
    }

    private void CheckDurable(long sector, int from, string what)
    {
        Span<byte> content = stackalloc byte[512];
        _disk.PeekDurable(sector * 512, content);
        Assert.True(
            _model.IsOneOf(content, sector, from, _model.Latest(sector)),
            $"{Because}: sector {sector}, {what}, is not of version {from} or later but {SectorModel.Describe(content)}");
    }

    private int StaleChoice()
    {
        _tally.StaleDiskReads++;
        return _random.Next(3);
    }

    private (long First, int Count) SomeSectors()
    {
        int most = _random.Next(3) switch { 0 => 4, 1 => 8, _ => 40 };
        int count = _random.Next(1, most + 1);
        long limit = _random.Next(2) == 0 ? 48 : _model.SectorCount;
        long first = _random.NextInt64(limit - count);
        return _random.Next(3) == 0 ? (first / 8 * 8, count) : (first, count);
    }

    private GrainRange SomeGrains()
    {
        long first = _random.NextInt64(_geometry.GrainCount);
        return new GrainRange(first, _random.NextInt64(1, _geometry.GrainCount - first + 1));
    }

    private Task PauseAsync(int mostMicroseconds) => CacheBed.PauseAsync(_scheduler, _process, _random.Next(1, mostMicroseconds));
}
