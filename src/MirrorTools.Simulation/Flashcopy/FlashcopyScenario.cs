using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Flashcopy;

/// <summary>
/// The cyclic incremental flashcopy under disasters: hosts write at site 1 while cycles run and things go wrong; then either calm returns and the pair must
/// commit everything, or site 1 is lost at a random moment. Site 2 is recovered, hosts go on there, and site 1 comes back as the target.
/// </summary>
public sealed class FlashcopyScenario : IScenario
{
    private static readonly TimeSpan LivenessBound = TimeSpan.FromMinutes(5);

    private FlashcopyWorld _world = null!;
    private FlashcopySite _site1 = null!;
    private FlashcopySite _site2 = null!;
    private FlashcopyOperator _operator = null!;
    private FaultStorm _storm = null!;

    /// <inheritdoc/>
    public async Task RunAsync(ScenarioRun run)
    {
        await BuildAsync(run);
        var random = _world.Random;
        var losesSite1 = run.Options.Plan is null && random.Chance(0.5);
        var firstRequests = losesSite1 ? random.Next(run.Options.Requests / 4, run.Options.Requests) : run.Options.Requests;
        _site1.RequestsLeft = firstRequests;
        _site2.Site.Start();
        _site1.Site.Start();
        await RageAsync(_site1);
        if (losesSite1)
        {
            await Task.Delay(random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(2)), run.Time);
            run.Totals.Count("sites lost");
            _site1.Site.Lose();
        }
        else
        {
            await SettleAsync(_site1, _site2);
            _site1.Site.Lose();
        }

        Calm();
        if (await RecoverAsync())
        {
            await GoOnAtSite2Async(Math.Max(60, run.Options.Requests - firstRequests));
        }

        Account(run);
    }

    private async Task BuildAsync(ScenarioRun run)
    {
        _world = new FlashcopyWorld(run);
        _site1 = new FlashcopySite(_world, "site1", "site2", _world.Site1Agent, connects: true, "A", "B");
        _site2 = new FlashcopySite(_world, "site2", "site1", _world.Site2Agent, connects: false, "D", "C");
        _world.ActiveSite = _site1;
        Preload();
        _world.History = new WriteHistory([_site1.PeekVolume()], () => run.Scheduler.Now);
        var record = new PairRecord { Role = PairRole.Source, Generations = new GenerationHistory([_world.FirstGeneration]) };
        var setup = run.Scheduler.CreateProcess("setup");
        await setup.InvokeAsync(async () =>
        {
            await FlashcopySource.CreateAsync(_site1.OpenParts(setup), _world.Identity, record);
            await FlashcopyTarget.CreateAsync(_site2.OpenParts(setup), _world.Identity, record with { Role = PairRole.Target });
            return true;
        });
        setup.Kill();
        _storm = new FaultStorm(run, [_site1.Site, _site2.Site]) { MayStrike = MayStrike };
        FaultVerbs.Handle(run, [_site1.Site, _site2.Site], site => _world.LastStrike[site.Name] = run.Scheduler.Now);
        _operator = new FlashcopyOperator(_world, _site1, _site2);
        _operator.Handle();
        _operator.AddTo(_storm);
    }

    // a fault of the source itself is the host's to see, and one of the recovered image's only copy too; all else must not reach a host
    private bool MayStrike(SimDisk disk) =>
        _world.ActiveSite == _site1 ? disk.Name is "B" or "C" or "D" or "M1" or "M2" : disk.Name is "A" or "B" or "M1" or "M2";

    // the source has some content before it is mirrored, and holes
    private void Preload()
    {
        var grain = new byte[_world.Shape.Geometry.GrainBytes];
        for (long g = 0; g < _world.Shape.Geometry.GrainCount; g++)
        {
            if (_world.Random.Chance(0.3))
            {
                var length = (int)_world.Shape.Geometry.LengthOf(g, 1);
                _world.Random.NextBytes(grain.AsSpan(0, length));
                _site1.Volume.Preload(_world.Shape.Geometry.OffsetOf(g), grain.AsSpan(0, length));
            }
        }
    }

    /// <summary>Hosts write, things go wrong, and whoever looks at site 2's image sees a consistency point.</summary>
    private async Task RageAsync(FlashcopySite active)
    {
        _world.IsCalm = false;
        var until = _world.Run.Scheduler.Now + TimeSpan.FromMinutes(20);
        bool IsOver() => active.HostIsDone && active.Site.IsUp || _world.Run.Scheduler.Now > until;
        var parts = new List<Func<Task>> { () => _operator.RunAsync(IsOver), () => AuditAsync(IsOver) };
        if (_world.Run.Options.Plan is null)
        {
            parts.Add(() => _storm.RunAsync(IsOver));
        }

        await _world.Run.TogetherAsync(parts);
    }

    private async Task AuditAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await Task.Delay(_world.Random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3)), _world.Run.Time);
            await AuditOnceAsync(_site1);
            await AuditOnceAsync(_site2);
        }
    }

    private async Task AuditOnceAsync(FlashcopySite site)
    {
        if (site.Target is not null && site.Site.IsUp)
        {
            await site.Site.Process!.TryInvokeAsync(async () =>
            {
                await FlashcopyOracle.AuditAsync(_world, site);
                return true;
            });
        }
    }

    private void Calm()
    {
        _world.IsCalm = true;
        _storm.Calm();
    }

    /// <summary>Nothing goes wrong any more: within a bound all that hosts wrote is committed (P-7, liveness).</summary>
    private async Task SettleAsync(FlashcopySite source, FlashcopySite target)
    {
        Calm();
        var isDone = false;
        var tending = _operator.RunAsync(() => isDone);
        await _world.Run.WaitUntilAsync(() => Task.FromResult(source.HostIsDone), LivenessBound, "P-8", () => $"hosts were answered; {source.RequestsLeft} requests are left");
        var written = _world.Run.Scheduler.UtcNow;
        CommittedPoint last = default;
        string state = "";
        await _world.Run.WaitUntilAsync(
            async () =>
            {
                if (source.Source is not { } engine)
                {
                    return false;
                }

                var (ran, status) = await source.Site.Process!.TryInvokeAsync(engine.GetStatusAsync);
                if (ran)
                {
                    last = status!.LastCommitted;
                    state = $"{status.State}, {status.Suspended} {status.SuspendDetail}, point {status.Point}, {status.UncopiedGrains} grains uncopied, connected {status.IsConnected}";
                }

                // a continuous pair whose last point came after the last write has nothing more to commit
                return ran && !last.IsNone && (last.TakenAt > written || IsWhole(last));
            },
            LivenessBound,
            "P-7",
            () => $"a commit after the faults stopped (the last is {last.Number} of {last.TakenAt - _world.Run.Scheduler.Epoch:c}, now {state})");
        isDone = true;
        await tending;
        await AuditOnceAsync(target);
    }

    private bool IsWhole(CommittedPoint point) =>
        _world.History.Current.Writes.All(w => w.Acknowledged < _world.History.WindowsAt(point.TakenAt - _world.Run.Scheduler.Epoch).Last().Earliest);

    /// <summary>Site 1 is lost: the last committed point is there, whole, at once.</summary>
    private async Task<bool> RecoverAsync()
    {
        var told = _world.ToldCommitted;
        (bool Ran, CommittedPoint Point) recovered = default;
        await _world.Run.WaitUntilAsync(
            async () =>
            {
                recovered = await TryRecoverAsync(told);
                return recovered.Ran;
            },
            LivenessBound,
            "P-7",
            () => "site 2 was recovered");
        var point = recovered.Point;
        if (point.IsNone)
        {
            _world.Run.Totals.Count("recoveries without a point");
            return false;
        }

        _world.Run.Totals.Count("recoveries");
        var image = new byte[_world.Shape.Geometry.LengthBytes];
        await _site2.Site.Process!.InvokeAsync(async () =>
        {
            await _site2.Source!.Volume.ReadAsync(0, image, CancellationToken.None);
            return true;
        });
        FlashcopyOracle.CheckPoint(_world, _world.History, point, told, image, "what the recovery shows");
        Count(_world.History);
        _world.History = new WriteHistory([image], () => _world.Run.Scheduler.Now);
        _world.ActiveSite = _site2;
        _site2.IsRecovered = true;
        return true;
    }

    private async Task<(bool Ran, CommittedPoint Point)> TryRecoverAsync(ulong told)
    {
        if (_site2.Target is null)
        {
            return default;
        }

        return await _site2.Site.Process!.TryInvokeAsync(async () =>
        {
            try
            {
                return await _site2.RecoverAsync(force: true);
            }
            catch (PairException e) when (e.Error == PairError.NoCommittedPoint && told == 0)
            {
                return CommittedPoint.None;
            }
            catch (IOException) when (_world.HasStorageFaults(_site2.Site))
            {
                // a storage that failed a flush has to be opened anew first
                _site2.Site.Kill(TimeSpan.FromMilliseconds(200));
                return CommittedPoint.None;
            }
        });
    }

    private async Task GoOnAtSite2Async(int requests)
    {
        _site2.AttachHosts(requests);
        await RageAsync(_site2);
        Calm();
        await _world.Run.WaitUntilAsync(() => Task.FromResult(_site2.HostIsDone && _site2.Source is not null), LivenessBound, "P-8", () => "hosts of the recovered image were answered");
        await CheckActiveAsync(_site2);
    }

    /// <summary>With no host at work, the source shows every write.</summary>
    private async Task CheckActiveAsync(FlashcopySite site)
    {
        var (ran, image) = await site.Site.Process!.TryInvokeAsync(() => site.ReadAllAsync(site.Source!.Volume));
        var now = _world.History.Tick();
        if (ran && ImageChecker.Check(new PointWindow(_world.History.Current, now, now), [image!]) is { } violation)
        {
            throw ScenarioRun.Broken("P-1", $"the volume of {site.Site.Name} in the end: {violation}");
        }
    }

    private void Count(WriteHistory history)
    {
        _world.Run.Totals.Count("writes", history.WriteCount);
        _world.Run.Totals.Count("acknowledged writes", history.AcknowledgedCount);
    }

    private void Account(ScenarioRun run)
    {
        Count(_world.History);
        run.Totals.Count("longest request ms", (long)_site1.LongestRequest.TotalMilliseconds);
    }
}
