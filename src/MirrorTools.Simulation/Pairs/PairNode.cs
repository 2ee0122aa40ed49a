using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Pairs;

/// <summary>One agent of a site: opens what the records say its pairs are, keeps its links up, serves hosts while it is the source.</summary>
internal sealed class PairNode
{
    private static readonly TimeSpan OpenRetry = TimeSpan.FromSeconds(1);

    private readonly PairWorld _world;
    private readonly NodeVolumes _volumes;
    private PointGroup? _group;

    /// <param name="world">The world.</param>
    /// <param name="of">The site that it is of.</param>
    /// <param name="name">Its name on the network and in plans.</param>
    /// <param name="agent">Its identity.</param>
    /// <param name="pairs">The numbers of its pairs.</param>
    /// <param name="volume">The name of the disks that are volumes.</param>
    /// <param name="intermediate">The name of the other ones.</param>
    public PairNode(PairWorld world, PairSite of, string name, Guid agent, IEnumerable<int> pairs, string volume, string intermediate)
    {
        (_world, Of, Agent) = (world, of, agent);
        _volumes = new NodeVolumes(world, this);
        Hosts = new NodeHosts(world, this);
        Site = new SimSite(world.Run, name, BootAsync) { Died = OnDied };
        Members = [.. pairs.Select(index => new PairMember(world, this, index, volume, intermediate, AddDisk))];
    }

    /// <summary>The site that it is of.</summary>
    public PairSite Of { get; }

    public Guid Agent { get; }

    /// <summary>The machine.</summary>
    public SimSite Site { get; }

    /// <summary>The pairs that it has a side of, in the group's order.</summary>
    public IReadOnlyList<PairMember> Members { get; }

    /// <summary>True while it is up and is the source of all its pairs.</summary>
    public bool IsSource => Members.All(member => member.Source is not null);

    /// <summary>True while it is up and is the target of all its pairs.</summary>
    public bool IsTarget => Members.All(member => member.Target is not null);

    /// <summary>What hosts did here since it became the source; null while it is not.</summary>
    public WriteHistory? History
    {
        get => _volumes.History;
        set => _volumes.History = value;
    }

    /// <summary>What hosts did here in a generation that was given up.</summary>
    public WriteHistory? GivenUp => _volumes.GivenUp;

    /// <summary>The hosts that this agent serves.</summary>
    public NodeHosts Hosts { get; }

    /// <summary>True once it took over: its volumes lie on two storages while they are restored.</summary>
    public bool IsRecovered => _volumes.AreRecovered;

    /// <summary>True once it knew durably that its generation is old.</summary>
    public bool MustRefuse { get; set; }

    /// <summary>True once an admin saw that this incarnation knows its generation for old.</summary>
    public bool KnewItIsOld { get; set; }

    /// <summary>True while an admin's command to become the target is under way.</summary>
    public bool IsBecomingTarget { get; set; }

    /// <summary>Recovers what is not recovered yet, and opens the recovered images in place of the targets that were closed by it.</summary>
    /// <param name="force">Recovers whatever the other site does.</param>
    /// <param name="point">A retained point; null for the last committed one.</param>
    /// <returns>The points, and the images before any host writes, in the order of the members.</returns>
    public async Task<(IReadOnlyList<CommittedPoint> Points, byte[][] Images)> RecoverAsync(bool force, ulong? point)
    {
        var process = Site.Process!;
        foreach (var member in Members.Where(member => point is not null && member.Target is not null))
        {
            // What is prepared anywhere is settled before any of them is recovered: its commit must not end the point in between.
            await member.Target!.HoldForRecoveryAsync(force, point!.Value);
        }

        foreach (var member in _world.Random.Chance(0.5) ? Members : Members.Reverse())
        {
            if (member.Target is not null)
            {
                await member.RecoverAsync(force, point);
                await OpenMemberAsync(member, process);
            }
        }

        _volumes.AreRecovered = true;
        List<CommittedPoint> points = [];
        foreach (var member in Members)
        {
            points.Add((await member.Source!.GetStatusAsync()).LastCommitted);
        }

        return (points, await ReadAllAsync());
    }

    /// <summary>Becomes the other side's copy: what hosts wrote here since they parted is given up.</summary>
    public async Task BecomeTargetAsync(IReadOnlyList<GenerationHistory> histories)
    {
        var process = Site.Process!;
        Hosts.Stop();
        for (var member = 0; member < Members.Count; member++)
        {
            if (Members[member].Source is not null)
            {
                await Members[member].BecomeTargetAsync(histories[member]);
            }
        }

        await EndGroupAsync();
        _volumes.GiveUp();
        await OpenAsync(process);
    }

    /// <summary>What hosts find on every volume.</summary>
    public async Task<byte[][]> ReadAllAsync()
    {
        List<byte[]> images = [];
        foreach (var member in Members)
        {
            var image = new byte[member.Identity.Geometry.LengthBytes];
            await member.Source!.Volume.ReadAsync(0, image, CancellationToken.None);
            images.Add(image);
        }

        return [.. images];
    }

    /// <summary>Lets cycles follow each other where the seed wants that and the pair that leads is here.</summary>
    public Task SetScheduleAsync() =>
        _world.Shape.IsContinuous && this == Of.LeadNode ? Of.Members[0].Source!.SetScheduleAsync(CycleSchedule.Continuous) : Task.CompletedTask;

    /// <summary>True while there is a group that a conversation with the site's other agents may be for.</summary>
    public bool HasGroup => _group is not null;

    /// <summary>Hands the group's channel over.</summary>
    public void AttachGroup(Guid agent, IPeerChannel channel) => _group!.Attach(agent, channel);

    /// <summary>Hands a pair's channel over.</summary>
    public void Attach(Guid pair, IPeerChannel channel) => Members.Single(member => member.Identity.PairId == pair).Attach(channel);

    // some disks of some seeds are slow, so that what follows them lags behind: the second flashcopy behind commits, B behind hosts
    private SimDisk AddDisk(string name, long lengthBytes)
    {
        var options = new SimDiskOptions { LengthBytes = lengthBytes };
        if (_world.Random.Chance(0.25))
        {
            var most = TimeSpan.FromMilliseconds(_world.Random.Next(1, 30));
            options = options with { LeastLatency = most / 4, MostLatency = most, FlushLatency = most * 2 };
        }

        return Site.AddDisk(name, options);
    }

    private async Task BootAsync(SimProcess process)
    {
        Forget();
        Hosts.Forget();
        IsBecomingTarget = false;
        KnewItIsOld = false;
        var links = new NodeLinks(_world, this, process);
        await OpenAsync(process);
        if (IsSource)
        {
            await SetScheduleAsync();
            Hosts.Start(process);
        }

        await links.RunAsync();
    }

    // What the agents of a site said to each other as the source is over.
    private async Task EndGroupAsync()
    {
        var group = _group;
        _group = null;
        if (group is not null)
        {
            await group.DisposeAsync();
        }
    }

    private void Forget()
    {
        _group = null;
        foreach (var member in Members)
        {
            member.Forget();
        }
    }

    private async Task OpenAsync(SimProcess process)
    {
        foreach (var member in Members)
        {
            await OpenMemberAsync(member, process);
        }

        if (IsSource)
        {
            await _volumes.OnOpenedAsync(process);
        }
        else if (IsTarget)
        {
            _volumes.GiveUp();
            MustRefuse = false;
            _world.OldSources.Remove(Site.Name);
        }
    }

    private async Task OpenMemberAsync(PairMember member, SimProcess process)
    {
        while (member.Source is null && member.Target is null)
        {
            try
            {
                await member.OpenAsync(process, () => _group ??= Of.NewGroup(this, process));
                if (MustRefuse && member.Source is { Volume.Refusal: null })
                {
                    throw ScenarioRun.Broken("P-6", $"{Site.Name} knew that its generation is old, and serves hosts after a restart");
                }

                return;
            }
            catch (IOException e) when (_world.HasStorageFaults(Site))
            {
                _world.Run.Scheduler.Note($"{Site.Name} can't open: {e.Message}");
            }

            await Task.Delay(OpenRetry, process.Time);
        }
    }

    private void OnDied(bool powerLost)
    {
        var wasSource = Members.Any(member => member.Source is not null);
        Forget();
        Hosts.OnDied();
        _volumes.OnDied(powerLost, wasSource);
    }
}
