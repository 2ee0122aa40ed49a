using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Sync;

/// <summary>The admin: restarts a node whose storage failed, has one go on where no other one does, ends what is split, and hands over now and then.</summary>
internal sealed class SyncOperator(SyncWorld world)
{
    private readonly SimRandom _random = world.Run.Scheduler.Random.Fork("operator");

    // What the storm draws is of a generator of its own: a plan in its place takes the same course.
    private readonly SimRandom _strokes = world.Run.Scheduler.Random.Fork("operator's strokes");
    private readonly Dictionary<string, int> _failed = [];
    private TimeSpan _servedAt;

    /// <summary>The verbs of plans that an admin carries out.</summary>
    public void Handle()
    {
        var plan = world.Run.Plan;
        plan.Handle("switch", a => Start(() => SwitchAsync(a.Count > 0 ? Machine(a[0]) : null)));
        plan.Handle("close", a => Start(() => Machine(a[0]).CloseAsync(FaultVerbs.Duration(a, 1) ?? TimeSpan.FromMilliseconds(500))));
        plan.Handle("recover", a => Start(() => RecoverAsync(Machine(a[0]), fences: a.Count < 2)));
    }

    /// <summary>What a seed may draw.</summary>
    public void AddTo(FaultStorm storm)
    {
        var plan = world.Run.Plan;
        storm.Add(FaultKinds.Admins, () => plan.Do("switch"));
        storm.Add(FaultKinds.Admins, () => plan.Do("close", Any(), FaultVerbs.Text(_strokes.Between(TimeSpan.Zero, TimeSpan.FromSeconds(_strokes.Chance(0.7) ? 1 : 15)))));
        storm.Add(FaultKinds.Admins, () => plan.Do("recover", Any()));
        if (world.Shape.MaySplit)
        {
            storm.Add(FaultKinds.Admins, () => plan.Do("recover", Any(), "unfenced"));
        }
    }

    /// <summary>Looks after the nodes until <paramref name="isOver"/>.</summary>
    public async Task RunAsync(Func<bool> isOver)
    {
        _servedAt = world.Run.Scheduler.Now;
        while (!isOver())
        {
            await Task.Delay(_random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1)), world.Run.Time);
            Dictionary<SyncMachine, SyncStatus> seen = [];
            foreach (var machine in world.Machines)
            {
                if (machine is { Node: { } node, Site.Process: { IsAlive: true, IsFrozen: false } process })
                {
                    var (ran, status) = await process.TryInvokeAsync(node.GetStatusAsync);
                    if (ran)
                    {
                        seen[machine] = status!;
                    }
                }
            }

            foreach (var (machine, status) in seen)
            {
                Tend(machine, status, seen);
            }

            HaveOneGoOn(seen);
        }
    }

    /// <summary>Takes volumes that nobody knows the content of as they are, once hosts could read them.</summary>
    public async Task TakeAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), world.Run.Time);
            foreach (var machine in world.Machines)
            {
                if (machine is { IsWritable: true, Branch.IsUnknown: true, Site.Process: { IsAlive: true } process })
                {
                    var branch = machine.Branch;
                    try
                    {
                        var (ran, image) = await process.TryInvokeAsync(machine.ReadAllAsync);
                        if (ran && machine.IsWritable && machine.Branch == branch && branch.IsUnknown)
                        {
                            branch.Settle(machine, image!);
                        }
                    }
                    catch (IOException)
                    {
                        // It closed meanwhile, or its storage failed: again.
                    }
                }
            }
        }
    }

    private void Tend(SyncMachine machine, SyncStatus status, Dictionary<SyncMachine, SyncStatus> seen)
    {
        if (status.State == SyncNodeState.Failed)
        {
            var looks = _failed[machine.Name] = _failed.GetValueOrDefault(machine.Name) + 1;
            if (looks % 3 == 0)
            {
                world.Run.Totals.Count("restarts by the admin");
                machine.Site.Kill(TimeSpan.FromMilliseconds(200));
            }
        }
        else if (status.State == SyncNodeState.SplitBrain && machine.Branch != world.Chosen && !machine.IsBusy
            && seen.FirstOrDefault(other => other.Key.Branch == world.Chosen && other.Value.Record.Role == SyncRole.Primary).Value is { } chosen)
        {
            Start(() => DiscardAsync(machine, chosen.Record.Generations));
        }
    }

    // Nobody serves for long: the node that is likely to know most goes on, once it is certain that no other one does.
    private void HaveOneGoOn(Dictionary<SyncMachine, SyncStatus> seen)
    {
        if (!world.Machines.Any(machine => machine.Branch == world.Chosen))
        {
            // The recovery came to nothing.
            world.Chosen = (world.Machines.FirstOrDefault(machine => machine.IsWritable) ?? world.Machines[0]).Branch;
        }

        if (world.Machines.Any(machine => machine.IsWritable && machine.Branch == world.Chosen))
        {
            _servedAt = world.Run.Scheduler.Now;
        }

        if (world.Run.Scheduler.Now - _servedAt < TimeSpan.FromSeconds(world.IsCalm ? 30 : 6))
        {
            return;
        }

        SyncMachine[] able = [.. seen.Where(pair => pair.Value.State is SyncNodeState.Cut or SyncNodeState.Waiting or SyncNodeState.BeingUpdated).Select(pair => pair.Key)];
        if (able.Length > 0)
        {
            var best = able.FirstOrDefault(machine => machine.Branch == world.Chosen && machine.Branch.Holders.Contains(machine)) ?? able[_random.Next(able.Length)];
            _servedAt = world.Run.Scheduler.Now;
            world.Run.Totals.Count("recoveries by the admin");
            Start(() => RecoverAsync(best, fences: true));
        }
    }

    private async Task RecoverAsync(SyncMachine machine, bool fences)
    {
        if (machine.Node is not { } node || node.Roles.Primary is not null || machine.IsBusy)
        {
            return;
        }

        if (fences)
        {
            foreach (var other in world.Machines.Where(other => other != machine && other.Site.IsUp))
            {
                other.Site.Kill(_random.Between(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(8)));
            }
        }
        else
        {
            world.Run.Totals.Count("recoveries without a look at the others");
        }

        await machine.RecoverAsync();
    }

    private async Task SwitchAsync(SyncMachine? to)
    {
        if (world.Machines.FirstOrDefault(machine => machine.IsWritable && machine.Branch == world.Chosen) is not { Site.Process: { IsAlive: true } process } primary)
        {
            return;
        }

        var others = world.Machines.Where(machine => machine != primary).ToArray();
        var successor = to ?? others[_random.Next(others.Length)];
        var node = primary.Node!;
        await TryAsync(primary, process, () => node.SwitchAsync(successor.Agent), "switches");
    }

    private async Task DiscardAsync(SyncMachine machine, GenerationHistory history)
    {
        if (machine.Node is not { } node || machine.IsBusy || machine.Site.Process is not { IsAlive: true } process)
        {
            return;
        }

        (machine.IsBusy, machine.IsDiscarding) = (true, true);
        machine.Branch.Lose(machine, "given up by the admin");
        await TryAsync(machine, process, () => node.DiscardAsync(history), "sides given up");
        machine.IsBusy = false;
    }

    private async Task TryAsync(SyncMachine machine, SimProcess process, Func<Task> command, string name)
    {
        try
        {
            var (ran, _) = await process.TryInvokeAsync(async () =>
            {
                await command();
                return true;
            });
            world.Run.Totals.Count(name, ran ? 1 : 0);
        }
        catch (PairException e)
        {
            world.Run.Totals.Count("refused " + e.Error);
        }
        catch (TimeoutException)
        {
            world.Run.Totals.Count("commands timed out");
        }
        catch (IOException) when (world.HasStorageFaults(machine.Site))
        {
            world.Run.Totals.Count("refused by a storage");
        }
    }

    private void Start(Func<Task> command) => world.Run.Scheduler.World.Start(command);

    private SyncMachine Machine(string name) => world.Machines.Single(machine => machine.Name == name);

    private string Any() => world.Machines[_strokes.Next(world.Machines.Count)].Name;
}
