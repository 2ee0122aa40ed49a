using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Pairs;

/// <summary>One site of the group, as an agent runs it: opens what the records say it is, keeps the link up, serves hosts while it is the source.</summary>
internal sealed class PairSite
{
    private static readonly TimeSpan OpenRetry = TimeSpan.FromSeconds(1);

    private readonly PairWorld _world;
    private readonly string _peer;
    private readonly bool _connects;

    public PairSite(PairWorld world, string name, string peer, Guid agent, bool connects, string volume, string intermediate)
    {
        _world = world;
        Agent = agent;
        _peer = peer;
        _connects = connects;
        Hosts = new SiteHosts(world, this);
        Site = new SimSite(world.Run, name, BootAsync) { Died = OnDied };
        Members = [.. Enumerable.Range(0, world.Identities.Count).Select(index => new PairMember(world, this, index, volume, intermediate, AddDisk))];
    }

    public Guid Agent { get; }

    public SimSite Site { get; }

    /// <summary>The group's pairs; the first one leads.</summary>
    public IReadOnlyList<PairMember> Members { get; }

    /// <summary>True while the site is up and is the source of all pairs.</summary>
    public bool IsSource => Members.All(member => member.Source is not null);

    /// <summary>True while the site is up and is the target of all pairs.</summary>
    public bool IsTarget => Members.All(member => member.Target is not null);

    /// <summary>What hosts did here since it became the source; null while it is not.</summary>
    public WriteHistory? History { get; set; }

    /// <summary>What hosts did here in a generation that was given up.</summary>
    public WriteHistory? GivenUp { get; private set; }

    /// <summary>The hosts that this site serves.</summary>
    public SiteHosts Hosts { get; }

    /// <summary>True once it took over: its volume lies on two storages while it is restored.</summary>
    public bool IsRecovered { get; set; }

    /// <summary>True once it knew durably that its generation is old.</summary>
    public bool MustRefuse { get; set; }

    /// <summary>True once an admin saw that this incarnation knows its generation for old.</summary>
    public bool KnewItIsOld { get; set; }

    /// <summary>True while an admin's command to become the target is under way.</summary>
    public bool IsBecomingTarget { get; set; }

    private PointGroup? _group;

    private bool _unsettledEpoch;

    private bool _lostPower;

    /// <summary>Recovers what is not recovered yet, and opens the recovered images in place of the targets that were closed by it.</summary>
    /// <returns>The point, and the images before any host writes.</returns>
    public async Task<(CommittedPoint Point, byte[][] Images)> RecoverAsync(bool force)
    {
        var process = Site.Process!;
        foreach (var member in _world.Random.Chance(0.5) ? Members : Members.Reverse())
        {
            if (member.Target is not null)
            {
                await member.RecoverAsync(force);
                await OpenMemberAsync(member, process);
            }
        }

        IsRecovered = true;
        List<CommittedPoint> points = [];
        foreach (var member in Members)
        {
            points.Add((await member.Source!.GetStatusAsync()).LastCommitted);
        }

        if (points.Exists(point => point.Number != points[0].Number))
        {
            throw ScenarioRun.Broken("P-1", $"{Site.Name} recovered pairs of one group to points {string.Join(", ", points.Select(point => point.Number))}");
        }

        return (points[0], await ReadAllAsync());
    }

    /// <summary>Becomes the other side's copy: what hosts wrote here since they parted is given up.</summary>
    public async Task BecomeTargetAsync(IReadOnlyList<GenerationHistory> histories)
    {
        var process = Site.Process!;
        Hosts.Stop();
        foreach (var member in Members.Where(member => member.Source is not null))
        {
            await member.BecomeTargetAsync(histories[member.Index]);
        }

        GivenUp = History ?? GivenUp;
        History = null;
        IsRecovered = false;
        await OpenAsync(process);
    }

    /// <summary>Asks the pair that leads the group (F-9).</summary>
    public Task<PointDecision> AskLeadAsync(PreparedPoint prepared, bool force) =>
        Members.Single(member => member.Identity.PairId == prepared.Lead).DecisionOfAsync(prepared, force);

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

    public byte[][] PeekVolumes() => [.. Members.Select(member => member.Peek())];

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

    private async Task BootAsync(SimProcess process)
    {
        Forget();
        Hosts.Forget();
        IsBecomingTarget = false;
        KnewItIsOld = false;
        var listener = _connects ? null : _world.Run.Network.Listen(process, Site.Name);
        await OpenAsync(process);
        if (IsSource)
        {
            await SetScheduleAsync();
            Hosts.Start(process);
        }

        if (listener is null)
        {
            await LinkRunner.ConnectAsync(_world, process, Site.Name, _peer, Agent, Attach);
        }
        else
        {
            await LinkRunner.AcceptAsync(_world, process, listener, Agent, Attach);
        }
    }

    public Task SetScheduleAsync() =>
        _world.Shape.IsContinuous ? Members[0].Source!.SetScheduleAsync(CycleSchedule.Continuous) : Task.CompletedTask;

    private void Attach(Guid pair, IPeerChannel channel) => Members.Single(member => member.Identity.PairId == pair).Attach(channel);

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

        if (IsSource && _unsettledEpoch && Members.All(member => member.Source!.Volume.Refusal is null))
        {
            // a recovered image lies on two storages, so that only the engine can say what a crash left of it
            ComeBack(await ReadUntilItSucceedsAsync(process), _lostPower, $"the recovered image after a {(_lostPower ? "power loss" : "kill")}");
            _unsettledEpoch = false;
            _lostPower = false;
        }
        else if (IsTarget)
        {
            GivenUp = History ?? GivenUp;
            History = null;
            IsRecovered = false;
            MustRefuse = false;
            _world.OldSources.Remove(Site.Name);
        }
    }

    private async Task<byte[][]> ReadUntilItSucceedsAsync(SimProcess process)
    {
        while (true)
        {
            try
            {
                return await ReadAllAsync();
            }
            catch (IOException) when (_world.HasStorageFaults(Site))
            {
                await Task.Delay(OpenRetry, process.Time);
            }
        }
    }

    private async Task OpenMemberAsync(PairMember member, SimProcess process)
    {
        while (member.Source is null && member.Target is null)
        {
            try
            {
                _group ??= new PointGroup([.. _world.Identities.Select(identity => identity.PairId)], process.Time);
                await member.OpenAsync(process, _group);
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

        // the power may also go while no process runs, and take what a killed one had written
        if ((wasSource || powerLost) && History is not null)
        {
            if (IsRecovered)
            {
                _unsettledEpoch = true;
                _lostPower |= powerLost;
            }
            else
            {
                ComeBack(PeekVolumes(), powerLost, $"the volumes of {Site.Name} after a {(powerLost ? "power loss" : "kill")}");
            }
        }
    }

    /// <summary>The source crashed: what hosts were told is durable must be there, and what is there counts from here on.</summary>
    private void ComeBack(byte[][] images, bool powerLost, string what)
    {
        // a failed flush of an old source's own volume loses what hosts wrote there: no mirror's fault, and it is given up anyway
        var mayLose = _world.OldSources.Contains(Site.Name) && _world.LastStrike.ContainsKey(Site.Name);
        for (var volume = 0; volume < images.Length && !mayLose; volume++)
        {
            if (SurvivorChecker.Check(History!.Current, volume, images[volume], mayLoseBase: powerLost && !History.Current.IsBaseDurable) is { } violation)
            {
                throw ScenarioRun.Broken("P-2", $"{what}: {violation}");
            }
        }

        History!.BeginEpoch(images, powerLost);
    }
}
