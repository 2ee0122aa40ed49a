using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Pairs;

/// <summary>The parts a run is made of, and what must hold in each.</summary>
internal sealed class PairPhases(PairWorld world, FaultStorm storm, PairOperator admin)
{
    private static readonly TimeSpan LivenessBound = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestRage = TimeSpan.FromMinutes(20);

    private ScenarioRun Run => world.Run;

    /// <summary>Hosts write, things go wrong, and whoever looks at the target's image sees a consistency point.</summary>
    public async Task RageAsync(PairSite source, PairSite target)
    {
        world.IsCalm = false;
        var until = Run.Scheduler.Now + LongestRage;
        bool IsOver() => (source.Hosts.AreDone && source.Site.IsUp) || Run.Scheduler.Now > until;
        if (Run.Options.Plan is null)
        {
            storm.Begin(IsOver);
        }

        await Run.TogetherAsync([() => admin.RunAsync(IsOver), () => AuditAsync(target, IsOver)]);
        storm.End();
    }

    /// <summary>Nothing goes wrong any more: within a bound all that hosts wrote is committed (P-7, liveness).</summary>
    public async Task SettleAsync(PairSite source, PairSite target)
    {
        Calm();
        var isDone = false;
        var settled = Run.TogetherAsync([() => admin.RunAsync(() => isDone), async () =>
        {
            await HostsAnsweredAsync(source);
            await CommittedAsync(source);
            isDone = true;
        }]);
        await settled;
        await AuditOnceAsync(target);
        Count(source.History!);
    }

    /// <summary>The disaster strikes, at an instant or at a request of a disk where promises are made.</summary>
    public async Task StrikeAsync(SimRandom course, string verb)
    {
        var struck = false;
        Run.Plan.Handle(verb, _ => struck = true);
        string[] marks = ["point-committed", "point-taken", "D.write", "D.flush", "C.flush", "M2.flush", "M2.write"];
        if (course.Chance(0.7))
        {
            Run.Plan.DoAt(marks[course.Next(marks.Length)], course.Next(1, 4), verb, "site1");
        }

        var until = Run.Scheduler.Now + course.Between(TimeSpan.Zero, TimeSpan.FromSeconds(4));
        while (!struck && Run.Scheduler.Now < until)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), Run.Time);
        }

        Run.Totals.Count("disasters: " + verb);
    }

    /// <summary>Site 1 is gone: the last committed point is there, whole, at once, and hosts go on. The other site may crash while it takes over.</summary>
    public async Task<bool> TakeOverAsync(SimRandom course, PairSite lost, PairSite next)
    {
        Calm(heal: !lost.Site.IsUp);
        if (course.Chance(0.3))
        {
            var member = next.Members[course.Next(next.Members.Count)];
            string[] marks = [member.Metadata.Name + ".write", member.Metadata.Name + ".flush", member.Log.Name + ".write", member.Volume.Name + ".flush"];
            Run.Plan.DoAt(marks[course.Next(marks.Length)], course.Next(1, 5), course.Chance(0.5) ? "kill" : "power-off", next.Site.Name, "300ms");
        }

        var told = world.ToldCommitted;
        (bool Ran, (CommittedPoint Point, byte[][]? Images) Result) recovered = default;
        await Run.WaitUntilAsync(
            async () => (recovered = await TryRecoverAsync(next, told)).Ran, LivenessBound, "P-7", () => $"{next.Site.Name} was recovered");
        Run.Plan.Disarm();
        var (point, images) = recovered.Result;
        if (point.IsNone)
        {
            Run.Totals.Count("recoveries without a point");
            Count(lost.History!);
            return false;
        }

        Run.Totals.Count("recoveries");
        PairOracle.CheckPoint(world, lost.History!, point, told, images!, "what the recovery shows");
        next.History = world.NewHistory(images!);
        world.BeginGeneration(next);
        await next.Site.Process!.TryInvokeAsync(async () =>
        {
            await next.SetScheduleAsync();
            return true;
        });
        return true;
    }

    /// <summary>The old source comes back or is reached again: it refuses hosts, and becomes the copy (P-6).</summary>
    public async Task ReturnAsync(PairSite source, PairSite old)
    {
        Calm();
        await HostsAnsweredAsync(source);
        old.Site.Return();
        var isTarget = false;
        await Run.TogetherAsync([() => admin.RunAsync(() => isTarget), async () =>
        {
            await Run.WaitUntilAsync(
                () => Task.FromResult(old.IsTarget), LivenessBound, "P-6", () => $"{old.Site.Name} knew of the new generation and became the copy");
            isTarget = true;
        }]);
        Count(old.GivenUp!);
        Run.Totals.Count("returns");
    }

    /// <summary>With no host at work, the source shows every write.</summary>
    public async Task CheckActiveAsync(PairSite site)
    {
        await Run.WaitUntilAsync(() => Task.FromResult(site.IsSource), LivenessBound, "P-7", () => $"{site.Site.Name} opened");
        var (ran, images) = await site.Site.Process!.TryInvokeAsync(site.ReadAllAsync);
        var now = site.History!.Tick();
        if (ran && ImageChecker.Check(new PointWindow(site.History.Current, now, now), images!) is { } violation)
        {
            throw ScenarioRun.Broken("P-1", $"the volume of {site.Site.Name} in the end: {violation}");
        }
    }

    private Task HostsAnsweredAsync(PairSite source) => Run.WaitUntilAsync(
        () => Task.FromResult(source.Hosts.AreDone && source.IsSource),
        LivenessBound,
        "P-8",
        () => $"hosts were answered; {source.Hosts.RequestsLeft} requests are left");

    private async Task CommittedAsync(PairSite source)
    {
        var written = Run.Scheduler.UtcNow;
        CommittedPoint last = default;
        string state = "closed";
        await Run.WaitUntilAsync(
            async () =>
            {
                foreach (var member in source.Members)
                {
                    if (member.Source is not { } engine)
                    {
                        return false;
                    }

                    var (ran, status) = await source.Site.Process!.TryInvokeAsync(engine.GetStatusAsync);
                    if (ran)
                    {
                        last = status!.LastCommitted;
                        state = $"pair {member.Index} {status.State}, {status.Suspended} {status.SuspendDetail}, point {status.Point}, {status.UncopiedGrains} grains uncopied, connected {status.IsConnected}";
                    }

                    if (!ran || last.IsNone || last.TakenAt <= written)
                    {
                        return false;
                    }
                }

                return true;
            },
            LivenessBound,
            "P-7",
            () => $"a commit after the faults stopped (the last is {last.Number} of {last.TakenAt - Run.Scheduler.Epoch:c}, now {state})");
    }

    private async Task<(bool Ran, (CommittedPoint Point, byte[][]? Images) Result)> TryRecoverAsync(PairSite site, ulong told)
    {
        if (site.Members.Any(member => member.Source is null && member.Target is null))
        {
            return default;
        }

        if (site.Members.Any(member => member.Source is not null))
        {
            // It crashed after the recovery of one pair or of all had become durable.
            Run.Totals.Count("recoveries that a crash cut");
        }

        return await site.Site.Process!.TryInvokeAsync<(CommittedPoint Point, byte[][]? Images)>(async () =>
        {
            try
            {
                return await site.RecoverAsync(force: true);
            }
            catch (PairException e) when (e.Error == PairError.NoCommittedPoint && told == 0)
            {
                return (CommittedPoint.None, []);
            }
            catch (Exception e) when (e is IOException or PairException { Error: PairError.InDoubt or PairError.StorageFailed } && world.HasStorageFaults(site.Site))
            {
                // a storage that failed a flush has to be opened anew first
                site.Site.Kill(TimeSpan.FromMilliseconds(200));
                return default;
            }
        });
    }

    private async Task AuditAsync(PairSite target, Func<bool> isOver)
    {
        while (!isOver())
        {
            await Task.Delay(world.Random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3)), Run.Time);
            await AuditOnceAsync(target);
        }
    }

    private async Task AuditOnceAsync(PairSite site)
    {
        if (site.IsTarget && site.Site.IsUp)
        {
            await site.Site.Process!.TryInvokeAsync(async () =>
            {
                await PairOracle.AuditAsync(world, site);
                return true;
            });
        }
    }

    private void Calm(bool heal = true)
    {
        world.IsCalm = true;
        storm.Calm(heal);
    }

    private void Count(WriteHistory history)
    {
        Run.Totals.Count("writes", history.WriteCount);
        Run.Totals.Count("acknowledged writes", history.AcknowledgedCount);
    }
}
