using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Pairs;

/// <summary>The admin: starts cycles where no schedule does, resumes what was suspended, restarts an agent whose storage failed a flush, and meddles.</summary>
internal sealed class PairOperator(PairWorld world, PairSite site1, PairSite site2)
{
    private readonly Dictionary<string, int> _faulted = [];

    /// <summary>The verbs of plans that an admin carries out.</summary>
    public void Handle()
    {
        var plan = world.Run.Plan;
        plan.Handle("start-cycle", a => OnSource(s => s.StartCycleAsync(a.Count > 0 && a[0] == "supersede")));
        plan.Handle("stop-cycle", _ => OnSource(async s =>
        {
            await s.StopCycleAsync();
            return true;
        }));
        plan.Handle("suspend", _ => OnSource(async s =>
        {
            await s.SuspendAsync();
            return true;
        }));
        plan.Handle("resume", _ => OnSource(async s =>
        {
            await s.ResumeAsync();
            return true;
        }));
        plan.Handle("lend", _ => Lend(world.ActiveSite!, world.Random.Next(world.Identities.Count)));
        plan.Handle("policy", _ => OnSource(async s =>
        {
            await s.SetOptionsAsync(world.DrawOptions());
            return true;
        }));
    }

    /// <summary>What a seed may draw.</summary>
    public void AddTo(FaultStorm storm)
    {
        var plan = world.Run.Plan;
        storm.Add(FaultKinds.Admins, () => plan.Do("start-cycle", "supersede"));
        storm.Add(FaultKinds.Admins, () => plan.Do("start-cycle"));
        storm.Add(FaultKinds.Admins, () => plan.Do("stop-cycle"));
        storm.Add(FaultKinds.Admins, () => plan.Do("suspend"));
        if (world.Service == CopyService.Flashcopy)
        {
            storm.Add(FaultKinds.Admins, () => plan.Do("lend"));
        }

        storm.Add(FaultKinds.Admins, () => plan.Do("policy"));
    }

    /// <summary>Looks after the pair until <paramref name="isOver"/>.</summary>
    public async Task RunAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await Task.Delay(world.Random.Between(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2)), world.Run.Time);
            await LookAsync(site1);
            await LookAsync(site2);
        }
    }

    private async Task LookAsync(PairSite site)
    {
        var old = 0;
        foreach (var member in site.Members)
        {
            if (member.Source is { } source)
            {
                var (ran, status) = await site.Site.Process!.TryInvokeAsync(source.GetStatusAsync);
                if (ran && status!.State == SourceState.Suspended && status.Suspended is SuspendReason.OldGeneration or SuspendReason.SplitBrain)
                {
                    CheckRefuses(site, member);
                    old++;
                }
                else if (ran)
                {
                    Tend(site, member, status!);
                }
            }
            else if (member.Target is { } target)
            {
                var (told, active) = (world.ToldCommitted, world.ActiveSite);
                var (ran, status) = await site.Site.Process!.TryInvokeAsync(target.GetStatusAsync);
                if (ran && member.Index == 0 && active == world.ActiveSite && status!.LastCommitted.Number < told)
                {
                    throw ScenarioRun.Broken("P-2", $"{site.Site.Name} says that {status.LastCommitted.Number} is its last committed point, but {told} was");
                }

                if (ran && status!.State == TargetState.Faulted)
                {
                    Restart(site);
                }
            }
        }

        if (old > 0 && old == site.Members.Count(member => member.Source is not null))
        {
            await TurnAsync(site);
        }
    }

    private void Tend(PairSite site, PairMember member, SourceStatus status)
    {
        if (status.State == SourceState.Suspended)
        {
            // a storage that failed a flush has to be opened anew: every third look the agent is restarted
            var looks = _faulted[site.Site.Name] = _faulted.GetValueOrDefault(site.Site.Name) + 1;
            if (looks % 3 == 0 && status.Suspended != SuspendReason.Requested)
            {
                Restart(site);
                return;
            }

            OnSource(site, member.Index, async s =>
            {
                await s.ResumeAsync();
                return true;
            });
        }
        else if (status.State == SourceState.Lent && member.Loans == 0 && (world.IsCalm || world.Random.Chance(0.5)))
        {
            TakeBack(site, member.Index);
        }
        else if (member.Index == 0 && status.State == SourceState.Idle && (world.IsCalm || (!world.Shape.IsContinuous && world.Random.Chance(0.6))))
        {
            OnSource(site, 0, s => s.StartCycleAsync(false));
        }
    }

    private void Lend(PairSite site, int member) => OnSource(site, member, async source =>
    {
        var lender = site.Members[member];
        lender.Loans++;
        try
        {
            await source.LendFirstIntermediateAsync();
            Scribble(lender);
            lender.IsLent = true;
        }
        finally
        {
            lender.Loans--;
        }

        return true;
    });

    private void TakeBack(PairSite site, int member) => OnSource(site, member, async source =>
    {
        if (site.Members[member].IsLent)
        {
            Scribble(site.Members[member]);
            site.Members[member].IsLent = false;
        }

        await source.ReturnFirstIntermediateAsync();
        return true;
    });

    // Whoever borrowed it has written all over it (F-29).
    private void Scribble(PairMember member)
    {
        var foreign = new byte[member.Identity.Geometry.LengthBytes];
        world.Random.NextBytes(foreign);
        member.Intermediate.Preload(0, foreign);
    }

    private void CheckRefuses(PairSite site, PairMember member)
    {
        if (site == world.ActiveSite)
        {
            throw ScenarioRun.Broken("P-6", $"{site.Site.Name} is the newest source, but holds itself for old");
        }

        if (member.Source is { Volume.Refusal: null })
        {
            throw ScenarioRun.Broken("P-6", $"{site.Site.Name} knows that its generation is old, and serves hosts");
        }
    }

    // what the old side wrote since the two parted is given up, by the admin's word
    private async Task TurnAsync(PairSite site)
    {
        // Seen once before, so that it is written down by now.
        if (!site.MustRefuse && !site.KnewItIsOld)
        {
            site.KnewItIsOld = true;
            return;
        }

        if (!site.MustRefuse && !world.HasStorageFaults(site.Site) && world.Random.Chance(0.5))
        {
            // what it knows must outlive a restart, with the other side out of reach
            site.MustRefuse = true;
            Restart(site);
            return;
        }

        if (site.IsBecomingTarget || world.ActiveSite is not { IsSource: true, Site.Process: { } process } active)
        {
            return;
        }

        List<GenerationHistory> histories = [];
        foreach (var other in active.Members.Select(member => member.Source!).ToArray())
        {
            var (ran, status) = await process.TryInvokeAsync(other.GetStatusAsync);
            if (ran)
            {
                histories.Add(status!.Generations);
            }
        }

        if (histories.Count == site.Members.Count && site.Site.IsUp && site.Members.All(member => member.Source is not null || member.Target is not null))
        {
            site.IsBecomingTarget = true;
            site.Site.Process!.Start(async () =>
            {
                try
                {
                    await site.BecomeTargetAsync(histories);
                }
                catch (IOException) when (world.HasStorageFaults(site.Site))
                {
                    Restart(site);
                }
            });
        }
    }

    private void Restart(PairSite site)
    {
        world.Run.Totals.Count("restarts by the admin");
        site.Site.Kill(TimeSpan.FromMilliseconds(200));
    }

    // an admin's command is refused in many states; that is an answer, not a fault
    private void OnSource<T>(Func<MirrorSource, Task<T>> command) => OnSource(world.ActiveSite!, world.Random.Next(world.Identities.Count), command);

    private void OnSource<T>(PairSite on, int member, Func<MirrorSource, Task<T>> command)
    {
        if (on.Members[member].Source is { } source && on.Site is { Process: { IsAlive: true } process } site)
        {
            process.Start(async () =>
            {
                try
                {
                    await command(source);
                }
                catch (PairException e)
                {
                    world.Run.Totals.Count("refused " + e.Error);
                }
                catch (IOException e) when (world.HasStorageFaults(site) || e.Message.Contains("An earlier flush", StringComparison.Ordinal))
                {
                    world.Run.Totals.Count("refused by a storage");
                    if (e.Message.Contains("opened anew", StringComparison.Ordinal) && process.IsAlive)
                    {
                        // as Resume-MirrorPair does: the side's storages are opened anew
                        Restart(on);
                    }
                }
            });
        }
    }
}
