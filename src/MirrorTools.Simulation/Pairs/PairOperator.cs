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
        plan.Handle("lend", _ => Lend(AnyMember()));
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
            foreach (var node in site1.Nodes.Concat(site2.Nodes))
            {
                await LookAsync(node);
            }
        }
    }

    private async Task LookAsync(PairNode node)
    {
        var old = 0;
        foreach (var member in node.Members)
        {
            if (member.Source is { } source)
            {
                var (ran, status) = await node.Site.Process!.TryInvokeAsync(source.GetStatusAsync);
                if (ran && status!.State == SourceState.Suspended && status.Suspended is SuspendReason.OldGeneration or SuspendReason.SplitBrain)
                {
                    CheckRefuses(member);
                    old++;
                }
                else if (ran)
                {
                    Tend(member, status!);
                }
            }
            else if (member.Target is { } target)
            {
                var (told, active) = (world.ToldCommitted, world.ActiveSite);
                var (ran, status) = await node.Site.Process!.TryInvokeAsync(target.GetStatusAsync);
                if (ran && member.Index == 0 && active == world.ActiveSite && status!.LastCommitted.Number < told)
                {
                    throw ScenarioRun.Broken("P-2", $"{node.Site.Name} says that {status.LastCommitted.Number} is its last committed point, but {told} was");
                }

                if (ran && active == world.ActiveSite && node.Of != active)
                {
                    world.Commits.Check($"pair {member.Index} at {node.Site.Name}", status!.RecentPoints);
                }

                if (ran && status!.State == TargetState.Faulted)
                {
                    Restart(node);
                }
            }
        }

        if (old > 0 && old == node.Members.Count(member => member.Source is not null))
        {
            await TurnAsync(node);
        }
    }

    private void Tend(PairMember member, SourceStatus status)
    {
        if (status.State == SourceState.Suspended)
        {
            // a storage that failed a flush has to be opened anew: every third look the agent is restarted
            var name = member.Node.Site.Name;
            var looks = _faulted[name] = _faulted.GetValueOrDefault(name) + 1;
            if (looks % 3 == 0 && status.Suspended != SuspendReason.Requested)
            {
                Restart(member.Node);
                return;
            }

            OnSource(member, async s =>
            {
                await s.ResumeAsync();
                return true;
            });
        }
        else if (status.State == SourceState.Lent && member.Loans == 0 && (world.IsCalm || world.Random.Chance(0.5)))
        {
            TakeBack(member);
        }
        else if (IsStartedAt(member) && status.State == SourceState.Idle && (world.IsCalm || (!world.Shape.IsContinuous && world.Random.Chance(0.6))))
        {
            OnSource(member, s => s.StartCycleAsync(false));
        }
    }

    // Any agent with sources may be told to begin, not the one with the lead alone.
    private bool IsStartedAt(PairMember member) => member.Index == 0 || (member == member.Node.Members[0] && world.Random.Chance(0.1));

    private PairMember AnyMember() => world.ActiveSite!.Members[world.Random.Next(world.Identities.Count)];

    private void Lend(PairMember lender) => OnSource(lender, async source =>
    {
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

    private void TakeBack(PairMember lender) => OnSource(lender, async source =>
    {
        if (lender.IsLent)
        {
            Scribble(lender);
            lender.IsLent = false;
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

    private void CheckRefuses(PairMember member)
    {
        var name = member.Node.Site.Name;
        if (member.Node.Of == world.ActiveSite)
        {
            throw ScenarioRun.Broken("P-6", $"{name} is the newest source, but holds itself for old");
        }

        if (member.Source is { Volume.Refusal: null })
        {
            throw ScenarioRun.Broken("P-6", $"{name} knows that its generation is old, and serves hosts");
        }
    }

    // what the old side wrote since the two parted is given up, by the admin's word
    private async Task TurnAsync(PairNode node)
    {
        // Seen once before, so that it is written down by now.
        if (!node.MustRefuse && !node.KnewItIsOld)
        {
            node.KnewItIsOld = true;
            return;
        }

        if (!node.MustRefuse && !world.HasStorageFaults(node.Site) && world.Random.Chance(0.5))
        {
            // what it knows must outlive a restart, with the other side out of reach
            node.MustRefuse = true;
            Restart(node);
            return;
        }

        if (node.IsBecomingTarget || node.Of == world.ActiveSite)
        {
            return;
        }

        List<GenerationHistory> histories = [];
        foreach (var other in node.Members.Select(member => world.ActiveSite!.Members[member.Index]).ToArray())
        {
            if (other.Source is { } newer && other.Node.Site.Process is { } process)
            {
                var (ran, status) = await process.TryInvokeAsync(newer.GetStatusAsync);
                if (ran)
                {
                    histories.Add(status!.Generations);
                }
            }
        }

        if (histories.Count == node.Members.Count && node.Site.IsUp && node.Members.All(member => member.Source is not null || member.Target is not null))
        {
            node.IsBecomingTarget = true;
            node.Site.Process!.Start(async () =>
            {
                try
                {
                    await node.BecomeTargetAsync(histories);
                }
                catch (IOException) when (world.HasStorageFaults(node.Site))
                {
                    Restart(node);
                }
            });
        }
    }

    private void Restart(PairNode node)
    {
        world.Run.Totals.Count("restarts by the admin");
        node.Site.Kill(TimeSpan.FromMilliseconds(200));
    }

    // an admin's command is refused in many states; that is an answer, not a fault
    private void OnSource<T>(Func<MirrorSource, Task<T>> command) => OnSource(AnyMember(), command);

    private void OnSource<T>(PairMember member, Func<MirrorSource, Task<T>> command)
    {
        if (member.Source is { } source && member.Node.Site is { Process: { IsAlive: true } process } site)
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
                        Restart(member.Node);
                    }
                }
            });
        }
    }
}
