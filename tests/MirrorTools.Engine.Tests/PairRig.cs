using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Engine.Tests;

/// <summary>Both sites of a pair over simulated disks, on one deterministic scheduler, with a link in memory: what the rigs of all copy services have in common.</summary>
internal abstract class PairRig
{
    public const int GrainBytes = 4096;

    private readonly SimScheduler _scheduler;
    private readonly CopyService _service;
    private int _ids;

    /// <param name="scheduler">The scheduler of both sites.</param>
    /// <param name="geometry">The volume's grains.</param>
    /// <param name="service">The copy service.</param>
    /// <param name="disks">The names of site 1's volume and intermediate, then of site 2's intermediate and volume.</param>
    /// <param name="intermediateBytes">How long the intermediates are.</param>
    /// <param name="firstId">Where the identities begin: those of another rig on the same scheduler are others.</param>
    protected PairRig(SimScheduler scheduler, GrainGeometry geometry, CopyService service, string[] disks, long intermediateBytes, int firstId = 0)
    {
        (_scheduler, _service, _ids, Geometry) = (scheduler, service, firstId, geometry);
        PairId = NewId();
        Agent1 = NewId();
        Agent2 = NewId();
        Volume1 = Disk(disks[0], Geometry.LengthBytes);
        Intermediate1 = Disk(disks[1], intermediateBytes);
        Intermediate2 = Disk(disks[2], intermediateBytes);
        Volume2 = Disk(disks[3], Geometry.LengthBytes);
        long metadata = MetadataStore.RequiredLengthBytes(Geometry);
        Metadata1 = Disk("M1", metadata);
        Metadata2 = Disk("M2", metadata);
        Log1 = Disk("L1", 16 << 20);
        Log2 = Disk("L2", 16 << 20);
        Site1 = scheduler.CreateProcess("site1");
        Site2 = scheduler.CreateProcess("site2");
    }

    public GrainGeometry Geometry { get; }

    public Guid PairId { get; }

    public Guid Agent1 { get; }

    public Guid Agent2 { get; }

    public SimDisk Volume1 { get; }

    public SimDisk Intermediate1 { get; }

    public SimDisk Intermediate2 { get; }

    public SimDisk Volume2 { get; }

    public SimDisk Metadata1 { get; }

    public SimDisk Metadata2 { get; }

    public SimDisk Log1 { get; }

    public SimDisk Log2 { get; }

    public SimDisk? Kept { get; private set; }

    public SimProcess Site1 { get; protected set; }

    public SimProcess Site2 { get; protected set; }

    public MirrorOptions Options { get; set; } = new();

    public MirrorFaults Faults { get; set; } = MirrorFaults.None;

    /// <summary>True where the pair begins with a comparison of what the two sites hold.</summary>
    public bool NeedsComparison { get; set; }

    /// <summary>The most regions that may be hot.</summary>
    public int RegionSlots { get; set; } = int.MaxValue;

    public MirrorSource Source { get; private set; } = null!;

    public MirrorTarget Target { get; private set; } = null!;

    public TestChannel SourceEnd { get; private set; } = null!;

    public TestChannel TargetEnd { get; private set; } = null!;

    public List<PairEvent> Events1 { get; } = [];

    public List<PairEvent> Events2 { get; } = [];

    public List<string> Transitions { get; } = [];

    /// <summary>Told of each transition of either site's machine.</summary>
    public Action<string, string, string, string>? Transition { get; set; }

    /// <summary>Told of each event of either site, after it was added to its list.</summary>
    public Action<PairEvent>? EventSeen { get; set; }

    public SimScheduler Scheduler => _scheduler;

    public SourceVolume Host => Source.Volume;

    public async Task CreateAsync(bool needsComparison = false)
    {
        GenerationHistory history = new([new Generation(NewId(), _scheduler.UtcNow, Agent1)]);
        MetadataIdentity identity = MetadataIdentity.For(PairId, NewId(), Geometry, _service);
        identity = identity with { RegionSlots = Math.Min(RegionSlots, identity.RegionSlots) };
        await MirrorSource.CreateAsync(Parts1(), identity, new PairRecord
        {
            Role = PairRole.Source,
            Generations = history,
            SourceRoleOrdinal = 1,
            NeedsComparison = needsComparison,
        });
        await MirrorTarget.CreateAsync(Parts2(), identity, new PairRecord { Role = PairRole.Target, Generations = history, TargetRoleOrdinal = 1 });
        await OpenSourceAsync();
        await OpenTargetAsync();
    }

    public async Task OpenSourceAsync() => Source = await MirrorSource.OpenAsync(Parts1());

    public async Task OpenTargetAsync() => Target = await MirrorTarget.OpenAsync(Parts2());

    /// <summary>Joins the two sites by a fresh session and waits until grains may travel.</summary>
    public async Task ConnectAsync()
    {
        Join();
        await UntilAsync(async () => await Source.GetStatusAsync() is { IsConnected: true, State: not SourceState.InDoubt });
    }

    public void Join() => Join(Source, Target);

    /// <summary>Joins a source and a target, whichever site they are at.</summary>
    public void Join(MirrorSource source, MirrorTarget target)
    {
        (SourceEnd, TargetEnd) = TestChannel.Pair(PairId, NewId());
        target.Attach(TargetEnd);
        source.Attach(SourceEnd);
    }

    public void Cut() => SourceEnd.Cut();

    public void KillSite1(bool losePower = false)
    {
        Site1.Kill();
        SourceEnd?.Cut();
        if (losePower)
        {
            LosePower(Volume1, Intermediate1, Metadata1, Log1);
        }

        Site1 = _scheduler.CreateProcess("site1");
    }

    public void KillSite2(bool losePower = false)
    {
        Site2.Kill();
        SourceEnd?.Cut();
        if (losePower)
        {
            LosePower(Intermediate2, Volume2, Metadata2, Log2);
        }

        Site2 = _scheduler.CreateProcess("site2");
    }

    /// <summary>Does what the agent does where a storage of a closed side was written: the side's record says that everything is to be compared by hash.</summary>
    public async Task DistrustAsync(SimDisk metadata, SimProcess process)
    {
        await using IBlockDevice device = metadata.Open(process);
        MetadataStore store = await MetadataStore.OpenAsync(device, CancellationToken.None);
        PairRecordCodec.TryDecode(store.State.Current.Span, out PairRecord? record);
        await store.State.WriteAsync(PairRecordCodec.Encode(record! with { NeedsComparison = true }), CancellationToken.None);
    }

    /// <summary>Runs a whole cycle to its commit.</summary>
    public async Task<ulong> CycleAsync()
    {
        ulong point = await Source.StartCycleAsync(supersede: false);
        CycleOutcome? outcome = await Source.WaitCycleAsync();
        if (outcome is { IsCommitted: false } failed)
        {
            throw new InvalidOperationException($"Point {failed.Point} was not committed: {failed.Reason}");
        }

        await UntilAsync(async () => (await Source.GetStatusAsync()).LastCommitted.Number >= point);
        return point;
    }

    /// <summary>Waits until site 1 is in a state.</summary>
    public Task StateAsync(SourceState state) => UntilAsync(async () => (await Source.GetStatusAsync()).State == state);

    public async Task<bool> SourceBitAsync(SourceMapKind kind, long grain) => (await Source.SnapshotAsync(kind))[grain];

    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        DateTimeOffset end = _scheduler.UtcNow + TimeSpan.FromMinutes(3);
        while (!await condition())
        {
            if (_scheduler.UtcNow > end)
            {
                throw new TimeoutException($"The condition did not come true within three simulated minutes.\n{string.Join('\n', Transitions.TakeLast(12))}\n{_scheduler.Dump()}");
            }

            await DelayAsync(TimeSpan.FromMilliseconds(5));
        }
    }

    public Task DelayAsync(TimeSpan time) => Task.Delay(time, _scheduler.World.Time);

    public virtual MirrorParts Parts1() => Parts(Site1, Agent1, Volume1, Intermediate1, Metadata1, Log1, Events1);

    public virtual MirrorParts Parts2() => Parts(Site2, Agent2, Volume2, Intermediate2, Metadata2, Log2, Events2);

    public MirrorParts Parts(
        SimProcess process, Guid agent, SimDisk volume, SimDisk intermediate, SimDisk metadata, SimDisk log, List<PairEvent> events) => new()
    {
        AgentId = agent,
        Volume = volume.Open(process),
        Intermediate = intermediate.Open(process),
        Metadata = metadata.Open(process),
        SecondLog = new LogPlace(log.Open(process), 0),
        Scheduler = process.Context,
        Time = process.Time,
        NewId = NewId,
        EventSink = seen =>
        {
            events.Add(seen);
            EventSeen?.Invoke(seen);
        },
        Options = Options,
        OpenKeptGrains = length => new((Kept = Disk("kept", length)).Open(process)),
        Faults = Faults,
        Transitions = (machine, from, what, to) =>
        {
            Transitions.Add($"{machine} {from}+{what}={to}");
            Transition?.Invoke(machine, from, what, to);
        },
    };

    /// <summary>Runs a simulation on a scheduler of its own.</summary>
    protected static void Simulate(ulong seed, Func<SimScheduler, Task> body)
    {
        SimScheduler scheduler = new(seed, new SimSchedulerOptions { MaxSimulatedTime = TimeSpan.FromMinutes(30) });
        scheduler.Run(() => body(scheduler));
    }

    private static void LosePower(params SimDisk[] disks)
    {
        foreach (SimDisk disk in disks)
        {
            disk.LosePower();
        }
    }

    private SimDisk Disk(string name, long length) => new(_scheduler, name, new SimDiskOptions { LengthBytes = length });

    private Guid NewId() => new(++_ids, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
}
