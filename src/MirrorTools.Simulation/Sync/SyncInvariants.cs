using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Primary;
using MirrorTools.Simulation.Runs;

namespace MirrorTools.Simulation.Sync;

/// <summary>What holds between two nodes at any step, looked at often: no host sees it, but what breaks it loses data when the right node dies.</summary>
internal sealed class SyncInvariants(SyncWorld world)
{
    private const int Every = 23;

    /// <summary>Looks from now on.</summary>
    public void Start() => world.Run.Scheduler.BeforeStep += step =>
    {
        if (step % Every == 0)
        {
            Look();
        }
    };

    private void Look()
    {
        foreach (var machine in world.Machines)
        {
            if (machine.Node is null)
            {
                continue;
            }

            if (machine.IsWritable)
            {
                LookForAnother(machine);
                LookWhetherHard(machine);
            }

            foreach (var stream in machine.Node.Roles.Primary?.Streams ?? [])
            {
                LookAt(machine, stream, world.MachineOf(stream.Node));
            }
        }
    }

    // S-16, P-6: a line of generations has one node that takes writes.
    private void LookForAnother(SyncMachine machine)
    {
        foreach (var other in world.Machines.Where(other => other.Place > machine.Place && other.Branch == machine.Branch && other.IsWritable))
        {
            throw ScenarioRun.Broken("P-6", $"{machine.Name} and {other.Name} take writes of one generation");
        }
    }

    private void LookWhetherHard(SyncMachine machine)
    {
        if (machine.IsAlone && !machine.IsHardAlone && !machine.Branch.IsUnknown && machine.Node!.Core.Cache.UnhardenedBytes == 0)
        {
            machine.IsHardAlone = true;
            machine.Branch.HardUntil[machine] = machine.Branch.History!.Tick();
        }
        else if (!machine.IsAlone)
        {
            machine.IsHardAlone = false;
        }
    }

    // S-2: what a node's cache holds unhardened, the other one's record has.
    private void LookAt(SyncMachine primary, PeerStream stream, SyncMachine secondary)
    {
        if (secondary.Node?.Roles.Secondary is not { } follower || follower.Stream != primary.Node!.Core.Instance || stream.Mode is not (PeerMode.Mirroring or PeerMode.Lost or PeerMode.Absent)
            || !stream.IsTracked)
        {
            return;
        }

        if (stream.Mode == PeerMode.Mirroring && follower.IsFollowing && !secondary.IsBusy)
        {
            (secondary.Branch, secondary.IsDiscarding) = (primary.Branch, false);
        }

        var known = stream.Records.Union();
        GrainMap.Or(known, primary.Node.Core.Missing.Of(stream.Place));
        Compare(known, secondary.Node.Core.Cache.Unhardened, $"{secondary.Name} holds grain {{0}} unhardened, which {primary.Name} does not know");
        foreach (var grain in follower.PendingGrains)
        {
            if (!known[grain])
            {
                throw ScenarioRun.Broken("P-2", $"S-2: {secondary.Name} has received grain {grain}, which {primary.Name} does not know to be unhardened there");
            }
        }

        if (stream.Mode == PeerMode.Mirroring && follower.IsFollowing)
        {
            Compare(follower.Records.Union(), primary.Node.Core.Cache.Unhardened, $"{primary.Name} holds grain {{0}} unhardened, which {secondary.Name} does not know");
        }
    }

    private static void Compare(GrainMap known, GrainMap unhardened, string what)
    {
        for (var grain = unhardened.NextSet(0); grain < unhardened.GrainCount; grain = unhardened.NextSet(grain + 1))
        {
            if (!known[grain])
            {
                throw ScenarioRun.Broken("P-2", "S-2: " + what.Replace("{0}", grain.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
            }
        }
    }
}
