using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Both sites of a pair of asynchronous copy, or of two pairs that are one group.</summary>
internal sealed class AsyncRig : PairRig
{
    private AsyncRig(SimScheduler scheduler, GrainGeometry geometry, int firstId = 0, long? slots = null)
        : base(scheduler, geometry, CopyService.AsyncCopy, ["A", "P1", "P2", "S"], PreservedArea.LengthFor(geometry, slots ?? geometry.GrainCount), firstId)
    {
    }

    /// <summary>The primary's storage [112].</summary>
    public SimDisk A => Volume1;

    /// <summary>The secondary [122].</summary>
    public SimDisk S => Volume2;

    /// <summary>The target [126]: the area of preserved grains beside the secondary.</summary>
    public SimDisk Area => Intermediate2;

    /// <summary>The group that the pair is in; null where it stands alone.</summary>
    public PointGroup? Group { get; private set; }

    /// <summary>What a test puts before the primary's storage.</summary>
    public Func<IBlockDevice, IBlockDevice> Wrap { get; set; } = static device => device;

    private AsyncRig? Lead { get; set; }

    /// <summary>Runs a pair.</summary>
    /// <param name="body">What happens to it.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="grains">How many grains the volume has.</param>
    /// <param name="prepare">What is set before the pair is created.</param>
    /// <param name="grainBytes">How large a grain is.</param>
    /// <param name="slots">How many grains the areas have room for; null for as many as the volume has.</param>
    public static void Run(
        Func<AsyncRig, Task> body, ulong seed = 1, int grains = 64, Action<AsyncRig>? prepare = null, int grainBytes = GrainBytes, long? slots = null) => Simulate(
        seed,
        async scheduler =>
        {
            AsyncRig rig = new(scheduler, new GrainGeometry((long)grains * grainBytes, grainBytes), slots: slots);
            prepare?.Invoke(rig);
            await rig.CreateAsync(rig.NeedsComparison);
            await body(rig);
        });

    /// <summary>Runs two pairs that are one group; the first leads it.</summary>
    public static void RunGroup(Func<AsyncRig, AsyncRig, Task> body, ulong seed = 1, Action<AsyncRig>? prepare = null) => Simulate(
        seed,
        async scheduler =>
        {
            GrainGeometry geometry = new(64L * GrainBytes, GrainBytes);
            AsyncRig first = new(scheduler, geometry);
            AsyncRig second = new(scheduler, geometry, firstId: 1000) { Site1 = first.Site1, Site2 = first.Site2, Lead = first };
            first.Group = second.Group = new PointGroup([first.PairId, second.PairId], first.Site1.Time);
            foreach (AsyncRig rig in (AsyncRig[])[first, second])
            {
                prepare?.Invoke(rig);
                await rig.CreateAsync();
            }

            await body(first, second);
        });

    /// <summary>
    /// Runs two pairs that are one group, with their sources at two agents; the first leads it. Their targets are at one agent. The agents are joined by <see cref="GroupAgents.Join"/>.
    /// </summary>
    public static void RunAgents(Func<AsyncRig, AsyncRig, GroupAgents, Task> body, ulong seed = 1, Action<AsyncRig>? prepare = null) => Simulate(
        seed,
        async scheduler =>
        {
            GrainGeometry geometry = new(64L * GrainBytes, GrainBytes);
            AsyncRig first = new(scheduler, geometry);
            AsyncRig second = new(scheduler, geometry, firstId: 1000) { Site2 = first.Site2, Lead = first };
            GroupAgents agents = new(first, second);
            foreach (AsyncRig rig in (AsyncRig[])[first, second])
            {
                prepare?.Invoke(rig);
                rig.Group = agents.GroupOf(rig);
                await rig.CreateAsync();
            }

            await body(first, second, agents);
        });

    /// <summary>Kills the source's agent and starts it again, with what it has of the group.</summary>
    public async Task RestartSite1Async(GroupAgents agents)
    {
        KillSite1();
        agents.Cut();
        Group = agents.GroupOf(this);
        await OpenSourceAsync();
    }

    public override MirrorParts Parts1()
    {
        MirrorParts parts = base.Parts1();
        return parts with { Group = Group, Volume = Wrap(parts.Volume) };
    }

    public override MirrorParts Parts2() => Lead is { } lead
        ? base.Parts2() with { AskLead = (prepared, force) => lead.Target.DecisionOfAsync(prepared, force) }
        : base.Parts2();

    /// <summary>Fills the volume, joins the sites and commits a first point of it, so that everything is in sync.</summary>
    public async Task SyncAsync(byte value = 1)
    {
        await this.WriteAsync(0, value, (int)Geometry.GrainCount);
        await ConnectAsync();
        if (Group is null)
        {
            await CycleAsync();
            await DrainedAsync();
        }
    }

    /// <summary>Waits until site 2 has everything that was written.</summary>
    public Task DrainedAsync() => UntilAsync(async () => (await Source.SnapshotAsync(SourceMapKind.OutOfSync)).CountSet() == 0);

    /// <summary>Waits until a point is committed at both sites.</summary>
    public Task CommittedAsync(ulong point) => UntilAsync(async () =>
        (await Source.GetStatusAsync()).LastCommitted.Number >= point && (await Target.GetStatusAsync()).LastCommitted.Number >= point);

    /// <summary>Asserts which grains a map of site 1 holds.</summary>
    public async Task AssertGrainsAsync(SourceMapKind kind, params long[] expected)
    {
        GrainMap map = await Source.SnapshotAsync(kind);
        Assert.Equal(expected, map.Ranges(true).SelectMany(range => Enumerable.Range(0, (int)range.Count).Select(i => range.First + i)).ToArray());
    }

    /// <summary>How often a grain was sent over the present session.</summary>
    public int TimesSent(long grain) => SourceEnd.Sent.Count(sent =>
        sent.Kind is MirrorMessage.GrainData or MirrorMessage.ZeroGrains && sent.FirstGrain <= grain && grain < sent.FirstGrain + sent.GrainCount);

    /// <summary>A grain of the committed image.</summary>
    public async Task<byte> ImageAsync(long grain) => (await this.ReadImageAsync(Target.Image))[Geometry.OffsetOf(grain)];

    /// <summary>
    /// Lets one grain at a time travel and holds its receipt: of the grains written next, the first is on its way and the others are out of sync.
    /// </summary>
    public async Task StallAsync()
    {
        TargetEnd.Held.Add(MirrorMessage.Acknowledge);
        await Source.SetOptionsAsync(Options with { RunBytes = GrainBytes, MaximumUnacknowledged = 1 });
    }

    /// <summary>Lets the receipts go on.</summary>
    public async Task UnstallAsync()
    {
        TargetEnd.Release();
        await Source.SetOptionsAsync(Options);
    }
}
