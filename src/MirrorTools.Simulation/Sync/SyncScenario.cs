using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Sync;

/// <summary>
/// Synchronous cache mirroring under disasters: hosts write at the primary and read wherever a node serves, nodes die, are cut off and return, an admin hands over and recovers. In the end calm
/// returns: the nodes must mirror again within a bound, are closed, and their disks must be equal and hold what the hosts' history allows.
/// </summary>
public sealed class SyncScenario : IScenario
{
    private static readonly TimeSpan s_livenessBound = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_longestRage = TimeSpan.FromMinutes(15);

    private SyncWorld _world = null!;
    private FaultStorm _storm = null!;
    private SyncOperator _operator = null!;

    /// <inheritdoc/>
    public IEnumerable<string> Pairs => [];

    /// <inheritdoc/>
    public async Task RunAsync(ScenarioRun run)
    {
        await BuildAsync(run);
        var isOver = false;
        var rest = run.Options.Requests / 5;
        foreach (var machine in _world.Machines)
        {
            machine.Site.Start();
        }

        await run.TogetherAsync([() => _operator.RunAsync(() => isOver), () => _operator.TakeAsync(() => isOver), async () =>
        {
            await RageAsync(run.Options.Requests - rest);
            await SettleAsync(rest);
            isOver = true;
        }]);
        await EndAsync();
    }

    private async Task RageAsync(int requests)
    {
        var run = _world.Run;
        _world.Hosts.RequestsLeft = requests;
        _world.Hosts.Start();
        var until = run.Scheduler.Now + s_longestRage;
        bool IsOver() => _world.Hosts.AreDone || run.Scheduler.Now > until;
        if (run.Options.Plan is null)
        {
            _storm.Begin(IsOver);
        }

        while (!IsOver())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), run.Time);
        }

        _storm.End();
    }

    // Nothing goes wrong any more: within a bound the nodes mirror, and hosts are answered.
    private async Task SettleAsync(int requests)
    {
        var run = _world.Run;
        _world.IsCalm = true;
        _storm.Calm();
        await run.WaitUntilAsync(() => Task.FromResult(AreMirroring()), s_livenessBound, "P-7", () => "all nodes mirror again: " + Describe());
        _world.Hosts.RequestsLeft += requests;
        _world.Hosts.Start();
        await run.WaitUntilAsync(() => Task.FromResult(_world.Hosts.AreDone), s_livenessBound, "P-8", () => $"hosts were answered; {_world.Hosts.RequestsLeft} requests are left: {Describe()}");
        await run.WaitUntilAsync(() => Task.FromResult(AreMirroring()), s_livenessBound, "P-7", () => "all nodes mirror in the end: " + Describe());
    }

    private async Task EndAsync()
    {
        var branch = _world.Machines[0].Branch;
        var history = branch.History!;
        var (epoch, issued) = (history.Current, history.Tick());
        foreach (var machine in _world.Machines)
        {
            await machine.CloseAsync(null);
        }

        foreach (var machine in _world.Machines)
        {
            var image = machine.Peek();
            if (branch.Check(epoch, 0, image, issued, history.Tick()) is { } violation)
            {
                throw ScenarioRun.Broken("P-2", $"the disk of {machine.Name} in the end: {violation}");
            }

            var first = _world.Machines[0].Peek().AsSpan().CommonPrefixLength(image);
            if (first < image.Length)
            {
                throw ScenarioRun.Broken("P-5", $"the disks of {_world.Machines[0].Name} and {machine.Name} differ in the end, first in sector {first / BlockGeometry.SectorBytes}");
            }
        }

        _world.Run.Totals.Count("writes", _world.Branches.Sum(each => each.History?.WriteCount ?? 0));
        _world.Run.Totals.Count("branches", _world.Branches.Count);
        _world.Run.Totals.Count("method " + _world.Shape.Options.Hardening.Method);
    }

    private bool AreMirroring() => _world.Machines.All(machine => machine is { Site.IsUp: true, Node: not null, Branch.IsUnknown: false } && machine.Branch == _world.Chosen)
        && _world.Machines.Count(machine => machine.Node!.Roles.Status().State == SyncNodeState.Mirroring) == 1
        && _world.Machines.Count(machine => machine.Node!.Roles.Status() is { State: SyncNodeState.Following, HasLease: true }) == _world.Machines.Count - 1;

    private string Describe() => string.Join("; ", _world.Machines.Select(machine => machine.Node?.Roles.Status() is { } status
        ? $"{machine.Name} is {status.State} ({status.Cause}), of branch {machine.Branch.Number}, unknown {machine.Branch.IsUnknown}, lease {status.HasLease}"
        : $"{machine.Name} is not open"));

    private async Task BuildAsync(ScenarioRun run)
    {
        _world = new SyncWorld(run);
        var machines = _world.Machines;
        var image = Preload();
        _world.Chosen.Begin(image);
        Generation first = new(_world.NewId(), run.Scheduler.UtcNow, machines[0].Agent);
        run.Plan.IsHeld = true;
        var setup = run.Scheduler.CreateProcess("setup");
        await setup.InvokeAsync(async () =>
        {
            foreach (var machine in machines)
            {
                machine.Branch = _world.Chosen;
                machine.Branch.Holders.Add(machine);
                await machine.CreateAsync(setup, new SyncRecord
                {
                    Role = machine.Place == 0 ? SyncRole.Primary : SyncRole.Secondary,
                    Generations = new GenerationHistory([first]),
                    Nodes = [.. machines.Select(each => each.Agent)],
                    Members = [.. machines.Select(each => each.Agent)],
                });
            }

            return true;
        });
        setup.Kill();
        run.Plan.IsHeld = false;
        SimSite[] sites = [.. machines.Select(machine => machine.Site)];
        _storm = new FaultStorm(run, sites) { MayStrike = static disk => disk.Name[0] != 'L', StateMarks = [.. StateMarks()] };
        FaultVerbs.Handle(run, sites, site => _world.LastStrike[site.Name] = run.Scheduler.Now);
        _operator = new SyncOperator(_world);
        _operator.Handle();
        _operator.AddTo(_storm);
        new SyncInvariants(_world).Start();
    }

    private static IEnumerable<string> StateMarks() =>
    [
        "SyncPeer.Lost", "SyncPeer.Absent", "SyncPeer.Updating", "SyncPeer.Joining", "SyncPeer.Mirroring", "event.NodeReturned", "event.RoleYielded", "event.RoleTaken", "event.NodeLeftOut",
        "event.NodeAdmitted", "event.LinkUp",
    ];

    // all disks begin with the same content, and holes
    private byte[] Preload()
    {
        var geometry = _world.Shape.Geometry;
        var image = new byte[geometry.LengthBytes];
        for (long grain = 0; grain < geometry.GrainCount; grain++)
        {
            if (_world.Random.Chance(0.3))
            {
                var content = image.AsSpan((int)geometry.OffsetOf(grain), (int)geometry.LengthOf(grain, 1));
                _world.Random.NextBytes(content);
                foreach (var machine in _world.Machines)
                {
                    machine.Volume.Preload(geometry.OffsetOf(grain), content);
                }
            }
        }

        return image;
    }
}
