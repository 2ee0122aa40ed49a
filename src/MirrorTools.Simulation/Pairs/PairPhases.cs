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
        bool IsOver() => (source.HostsAreDone && source.IsUp) || Run.Scheduler.Now > until;
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
        Count(source);
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
        Calm(heals: lost.Nodes.Any(node => node.Site.IsUp) ? (a, b) => lost.Has(a) == lost.Has(b) : null);
        if (course.Chance(0.3))
        {
            var member = next.Members[course.Next(next.Members.Count)];
            string[] marks = [member.Metadata.Name + ".write", member.Metadata.Name + ".flush", member.Log.Name + ".write", member.Volume.Name + ".flush"];
            if (world.MayRecoverOlder)
            {
                marks = [.. marks, member.Intermediate.Name + ".write", member.Intermediate.Name + ".flush", member.Volume.Name + ".write"];
            }

            Run.Plan.DoAt(marks[course.Next(marks.Length)], course.Next(1, 5), course.Chance(0.5) ? "kill" : "power-off", member.Node.Site.Name, "300ms");
        }

        var told = world.ToldCommitted;
        var recovery = new GroupRecovery(world, next, told);
        await Run.WaitUntilAsync(recovery.TryAsync, LivenessBound, "P-7", () => $"site {next.Number} was recovered; {recovery.Obstacle}");
        Run.Plan.Disarm();
        if (recovery.HasNoPoint)
        {
            Run.Totals.Count("recoveries without a point");
            Count(lost);
            return false;
        }

        Run.Totals.Count("recoveries");
        if (recovery.IsToOlder)
        {
            Run.Totals.Count("recoveries to a retained point");
        }

        PairOracle.CheckPoint(world, lost, recovery.Points, recovery.IsToOlder ? 0 : told, recovery.Images, $"what the recovery of site {next.Number} shows");
        next.Each(node => node.History = world.NewHistory([.. node.Members.Select(member => recovery.Images[member.Index]!)]));
        world.BeginGeneration(next, recovery.Points[0].Number);
        await next.SetScheduleAsync();
        return true;
    }

    /// <summary>The old source comes back or is reached again: it refuses hosts, and becomes the copy (P-6).</summary>
    public async Task ReturnAsync(PairSite source, PairSite old)
    {
        Calm();
        await HostsAnsweredAsync(source);
        old.Each(node => node.Site.Return());
        var isTarget = false;
        await Run.TogetherAsync([() => admin.RunAsync(() => isTarget), async () =>
        {
            await Run.WaitUntilAsync(
                () => Task.FromResult(old.IsTarget), LivenessBound, "P-6", () => $"site {old.Number} knew of the new generation and became the copy");
            isTarget = true;
        }]);
        Count(old);
        Run.Totals.Count("returns");
    }

    /// <summary>With no host at work, the source shows every write.</summary>
    public async Task CheckActiveAsync(PairSite site)
    {
        await Run.WaitUntilAsync(() => Task.FromResult(site.IsSource), LivenessBound, "P-7", () => $"site {site.Number} opened");
        foreach (var node in site.Nodes)
        {
            var (ran, images) = await node.Site.Process!.TryInvokeAsync(node.ReadAllAsync);
            var now = node.History!.Tick();
            if (ran && ImageChecker.Check(new PointWindow(node.History.Current, now, now), images!) is { } violation)
            {
                throw ScenarioRun.Broken("P-1", $"the volumes of {node.Site.Name} in the end: {violation}");
            }
        }
    }

    private Task HostsAnsweredAsync(PairSite source) => Run.WaitUntilAsync(
        () => Task.FromResult(source.HostsAreDone && source.IsSource),
        LivenessBound,
        "P-8",
        () => $"hosts were answered; {source.RequestsLeft} requests are left");

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

                    var (ran, status) = await member.Node.Site.Process!.TryInvokeAsync(engine.GetStatusAsync);
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
        foreach (var node in site.Nodes)
        {
            if (node.IsTarget && node.Site.IsUp)
            {
                await node.Site.Process!.TryInvokeAsync(async () =>
                {
                    await PairOracle.AuditAsync(world, node);
                    return true;
                });
            }
        }
    }

    private void Calm(Func<SimSite, SimSite, bool>? heals = null)
    {
        world.IsCalm = true;
        storm.Calm(heals);
    }

    private void Count(PairSite site) => site.Each(node =>
    {
        var history = (node.History ?? node.GivenUp)!;
        Run.Totals.Count("writes", history.WriteCount);
        Run.Totals.Count("acknowledged writes", history.AcknowledgedCount);
    });
}
