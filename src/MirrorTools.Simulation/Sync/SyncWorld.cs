using System.Reflection;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.SyncCache;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Sync;

/// <summary>What the nodes of a simulated synchronous pair share, and what an outsider knows of them.</summary>
internal sealed class SyncWorld
{
    private readonly SimRandom _ids;
    private long _lastWriteId;

    public SyncWorld(ScenarioRun run)
    {
        Run = run;
        Random = run.Scheduler.Random.Fork("sync");
        _ids = run.Scheduler.Random.Fork("ids");
        Faults = Deliberate(run.Options.DeliberateFault);
        Shape = SyncShape.Draw(Random, run.Options.DeliberateFault);
        Identity = MetadataIdentity.For(NewId(), NewId(), Shape.Geometry) with { RegionBytes = Shape.RegionBytes, RegionSlots = Shape.RegionSlots };
        Machines = [.. Enumerable.Range(0, Shape.NodeCount).Select(place => new SyncMachine(this, place, NewId()))];
        Hosts = new SyncHosts(this);
        Chosen = NewBranch(null);
    }

    public ScenarioRun Run { get; }

    public SimRandom Random { get; }

    public SyncShape Shape { get; }

    public SyncFaults Faults { get; }

    public MetadataIdentity Identity { get; }

    public IReadOnlyList<SyncMachine> Machines { get; }

    public SyncHosts Hosts { get; }

    /// <summary>Every line of generations that began.</summary>
    public List<SyncBranch> Branches { get; } = [];

    /// <summary>The one that the admin lets live.</summary>
    public SyncBranch Chosen { get; set; }

    /// <summary>True once nothing goes wrong any more.</summary>
    public bool IsCalm { get; set; }

    /// <summary>When a storage of a machine was last struck.</summary>
    public Dictionary<string, TimeSpan> LastStrike { get; } = [];

    public Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        _ids.NextBytes(bytes);
        return new Guid(bytes);
    }

    /// <summary>A new history, whose writes have numbers that no other one has.</summary>
    public WriteHistory NewHistory(byte[] image) => new([image], () => Run.Scheduler.Now, () => ++_lastWriteId);

    /// <summary>A new line of generations.</summary>
    public SyncBranch NewBranch(SyncBranch? parent)
    {
        var branch = parent?.Fork(Branches.Count + 1) ?? new SyncBranch(this, 1);
        Branches.Add(branch);
        return branch;
    }

    public SyncMachine MachineOf(Guid agent) => Machines.Single(machine => machine.Agent == agent);

    public SyncParts Parts(SyncMachine machine, SimProcess process) => new()
    {
        NodeId = machine.Agent,
        Disk = machine.Volume.Open(process),
        Metadata = machine.Metadata.Open(process),
        SecondLog = new LogPlace(machine.Log.Open(process), 0),
        Scheduler = process.Context,
        Time = process.Time,
        NewId = NewId,
        EventSink = e => Heard(machine, e),
        Options = Shape.Options,
        Faults = Faults,
        Transitions = (name, from, what, to) =>
        {
            Run.Totals.Cover(name, from, what);

            // An event of its own: what a plan has for this mark must not happen inside the engine's step.
            Run.Scheduler.Schedule(TimeSpan.Zero, () => Run.Plan.Reach($"{name}.{to}"), $"{name}.{to}");
            Run.Scheduler.Note($"{machine.Name}: {name} {from} + {what} = {to}");
        },
    };

    /// <summary>True where a storage of the machine is, or may be, at fault at present.</summary>
    public bool HasStorageFaults(SimSite site) => site.Disks.Any(d => d.Faults.Any || IsRecent(d.Faults.LastFailure))
        || (LastStrike.TryGetValue(site.Name, out var struck) && IsRecent(struck));

    private bool IsRecent(TimeSpan? instant) => instant is { } then && Run.Scheduler.Now - then < TimeSpan.FromSeconds(60);

    private void Heard(SyncMachine machine, PairEvent e)
    {
        Run.Scheduler.Note($"{machine.Name}: {e.Id} {string.Join(" ", e.Arguments.Select(a => $"{a.Key}={a.Value}"))}");
        Run.Totals.Count("event " + e.Id);
        Run.Scheduler.Schedule(TimeSpan.Zero, () => Run.Plan.Reach($"event.{e.Id}"), $"event.{e.Id}");
        switch (e.Id)
        {
            case PairEventId.NodeLeftOut:
                machine.OnLeftOut(MachineOf(Node(e, "node")));
                break;
            case PairEventId.NodeAdmitted:
                machine.OnAdmitted(MachineOf(Node(e, "node")));
                break;
            case PairEventId.NodeReturned:
                machine.OnReturned(MachineOf(Node(e, "primary")));
                break;
            case PairEventId.RoleTaken:
                machine.OnRoleTaken(e.Arguments.Any(a => a.Key == "why" && a.Value == "Recovered"));
                break;
            case PairEventId.NodeFailed:
                machine.OnFailed();
                break;
            case PairEventId.InvariantBroken:
                throw ScenarioRun.Broken("P-5", $"{machine.Name} latched a broken invariant: {string.Join(", ", e.Arguments)}");
            default:
                break;
        }
    }

    private static Guid Node(PairEvent e, string key) => Guid.Parse(e.Arguments.First(a => a.Key == key).Value);

    private static SyncFaults Deliberate(string? name)
    {
        SyncFaults faults = new();
        if (name is not null)
        {
            var property = typeof(SyncFaults).GetProperty(name, BindingFlags.Public | BindingFlags.Instance) ?? throw new ArgumentException($"There is no deliberate fault \"{name}\".", nameof(name));
            property.SetValue(faults, true);
        }

        return faults;
    }
}
