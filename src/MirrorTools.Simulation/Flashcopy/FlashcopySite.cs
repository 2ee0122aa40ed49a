using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Flashcopy;

/// <summary>One site of the pair, as an agent runs it: opens what the record says it is, keeps the link up, serves hosts while it is the source.</summary>
internal sealed class FlashcopySite
{
    private static readonly TimeSpan OpenRetry = TimeSpan.FromSeconds(1);

    private readonly FlashcopyWorld _world;
    private readonly Guid _agent;
    private readonly string _peer;
    private readonly bool _connects;

    public FlashcopySite(FlashcopyWorld world, string name, string peer, Guid agent, bool connects, string volume, string intermediate)
    {
        _world = world;
        _agent = agent;
        _peer = peer;
        _connects = connects;
        Site = new SimSite(world.Run, name, BootAsync) { Died = OnDied };
        var length = world.Shape.Geometry.LengthBytes;
        var number = name[^1];
        Volume = AddDisk(volume, length);
        Intermediate = AddDisk(intermediate, length);
        Metadata = AddDisk($"M{number}", MetadataStore.RequiredLengthBytes(world.Shape.Geometry));
        Log = AddDisk($"L{number}", DirtyRegionLog.RequiredLengthBytes(world.Identity.RegionSlots));
    }

    public SimSite Site { get; }

    public SimDisk Volume { get; }

    public SimDisk Intermediate { get; }

    public SimDisk Metadata { get; }

    public SimDisk Log { get; }

    /// <summary>Open while the site is up and is the source.</summary>
    public FlashcopySource? Source { get; private set; }

    /// <summary>Open while the site is up and is the target.</summary>
    public FlashcopyTarget? Target { get; private set; }

    /// <summary>What hosts did here since it became the source; null while it is not.</summary>
    public WriteHistory? History { get; set; }

    /// <summary>What hosts did here in a generation that was given up.</summary>
    public WriteHistory? GivenUp { get; private set; }

    /// <summary>The host of the present incarnation.</summary>
    public SimHost? Host { get; private set; }

    /// <summary>How many requests hosts still make here; 0 where none are attached.</summary>
    public int RequestsLeft { get; set; }

    /// <summary>True once all requests were made and answered.</summary>
    public bool HostIsDone => RequestsLeft <= 0 && (Host is null || !Site.IsUp || _hostFinished);

    /// <summary>True once it took over: its volume lies on two storages while it is restored.</summary>
    public bool IsRecovered { get; set; }

    /// <summary>True once it knew durably that its generation is old.</summary>
    public bool MustRefuse { get; set; }

    /// <summary>True once an admin saw that this incarnation knows its generation for old.</summary>
    public bool KnewItIsOld { get; set; }

    /// <summary>True while an admin's command to become the target is under way.</summary>
    public bool IsBecomingTarget { get; set; }

    private bool _unsettledEpoch;

    private bool _lostPower;

    private bool _hostFinished;

    /// <summary>The longest that any request of this site's hosts took.</summary>
    public TimeSpan LongestRequest { get; private set; }

    public FlashcopyParts OpenParts(SimProcess process) => _world.Parts(
        _agent, process, Volume.Open(process), Intermediate.Open(process), Metadata.Open(process), Log.Open(process), Site.Name);

    /// <summary>Recovers, and opens the recovered image in place of the target that was closed by it.</summary>
    /// <returns>The point, and the image before any host writes.</returns>
    public async Task<(CommittedPoint Point, byte[] Image)> RecoverAsync(bool force)
    {
        var process = Site.Process!;
        var point = await Target!.RecoverAsync(force);
        Target = null;
        await OpenAsync(process);
        return await ShowRecoveredAsync(point);
    }

    /// <summary>What hosts find where a recovery has become durable, whether or not it could say so before the site crashed.</summary>
    public async Task<(CommittedPoint Point, byte[] Image)> ShowRecoveredAsync(CommittedPoint point)
    {
        IsRecovered = true;
        return (point, await ReadAllAsync(Source!.Volume));
    }

    /// <summary>Becomes the other side's copy: what hosts wrote here since they parted is given up.</summary>
    public async Task BecomeTargetAsync(GenerationHistory history)
    {
        var process = Site.Process!;
        var source = Source!;
        Source = null;
        Host?.Stop();
        RequestsLeft = 0;
        await source.BecomeTargetAsync(history);
        GivenUp = History;
        History = null;
        IsRecovered = false;
        await OpenAsync(process);
    }

    /// <summary>Attaches hosts, with so many requests to make.</summary>
    public void AttachHosts(int requests)
    {
        RequestsLeft = requests;
        if (Site.IsUp)
        {
            StartHost(Site.Process!);
        }
    }

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

    public byte[] PeekVolume()
    {
        var image = new byte[_world.Shape.Geometry.LengthBytes];
        Volume.Peek(0, image);
        return image;
    }

    private async Task BootAsync(SimProcess process)
    {
        Source = null;
        Target = null;
        Host = null;
        IsBecomingTarget = false;
        KnewItIsOld = false;
        var listener = _connects ? null : _world.Run.Network.Listen(process, Site.Name);
        await OpenAsync(process);
        if (Source is not null)
        {
            await SetScheduleAsync();
            StartHost(process);
        }

        if (listener is null)
        {
            await LinkRunner.ConnectAsync(_world, process, Site.Name, _peer, _agent, Attach);
        }
        else
        {
            await LinkRunner.AcceptAsync(_world, process, listener, _agent, Attach);
        }
    }

    public Task SetScheduleAsync() =>
        _world.Shape.IsContinuous ? Source!.SetScheduleAsync(CycleSchedule.Continuous) : Task.CompletedTask;

    private void Attach(IPeerChannel channel)
    {
        if (Source is null && Target is null)
        {
            // the side is being opened in its new role: the peer asks again
            _ = channel.DisposeAsync();
        }

        Source?.Attach(channel);
        Target?.Attach(channel);
    }

    private async Task OpenAsync(SimProcess process)
    {
        while (true)
        {
            try
            {
                var record = await ReadRecordAsync(process);
                if (record.Role == PairRole.Source)
                {
                    var source = await FlashcopySource.OpenAsync(OpenParts(process));
                    if (_unsettledEpoch && source.Volume.Refusal is null)
                    {
                        await BeginEpochAsync(source);
                    }

                    Source = source;
                    if (MustRefuse && source.Volume.Refusal is null)
                    {
                        throw ScenarioRun.Broken("P-6", $"{Site.Name} knew that its generation is old, and serves hosts after a restart");
                    }
                }
                else
                {
                    GivenUp = History ?? GivenUp;
                    History = null;
                    IsRecovered = false;
                    MustRefuse = false;
                    Target = await FlashcopyTarget.OpenAsync(OpenParts(process));
                    _world.OldSources.Remove(Site.Name);
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

    private async Task<PairRecord> ReadRecordAsync(SimProcess process)
    {
        await using var device = Metadata.Open(process);
        var store = await MetadataStore.OpenAsync(device, CancellationToken.None);
        return PairRecordCodec.TryDecode(store.State.Current.Span, out var record) ? record! : throw new InvalidDataException("The record can't be read.");
    }

    // a recovered image lies on two storages, so that only the engine can say what a crash left of it
    private async Task BeginEpochAsync(FlashcopySource source)
    {
        var image = await ReadAllAsync(source.Volume);
        ComeBack(image, _lostPower, $"the recovered image after a {(_lostPower ? "power loss" : "kill")}");
        _unsettledEpoch = false;
        _lostPower = false;
    }

    public async Task<byte[]> ReadAllAsync(IBlockDevice device)
    {
        var image = new byte[_world.Shape.Geometry.LengthBytes];
        await device.ReadAsync(0, image, CancellationToken.None);
        return image;
    }

    private void StartHost(SimProcess process)
    {
        if (RequestsLeft <= 0 || Source is not { } source)
        {
            return;
        }

        var host = new SimHost(process, "host@" + Site.Name, [source.Volume], History!, _world.HostOptions, _world.Random.Fork("host"));
        Host = host;
        _hostFinished = false;
        process.Start(async () =>
        {
            await host.RunAsync(RequestsLeft);
            RequestsLeft = 0;
            Account(host);
            _hostFinished = true;
        });
    }

    private void Account(SimHost host)
    {
        LongestRequest = host.LongestRequest > LongestRequest ? host.LongestRequest : LongestRequest;
        _world.CheckHost(Site, host);
    }

    private void OnDied(bool powerLost)
    {
        var host = Host;
        var wasSource = Source is not null;
        Source = null;
        Target = null;
        Host = null;
        if (host is not null)
        {
            RequestsLeft = _hostFinished ? 0 : Math.Max(0, RequestsLeft - host.Made);
            Account(host);
        }

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
                ComeBack(PeekVolume(), powerLost, $"{Volume.Name} after a {(powerLost ? "power loss" : "kill")}");
            }
        }
    }

    /// <summary>The source crashed: what hosts were told is durable must be there, and what is there counts from here on.</summary>
    private void ComeBack(byte[] image, bool powerLost, string what)
    {
        // a failed flush of an old source's own volume loses what hosts wrote there: no mirror's fault, and it is given up anyway
        var mayLose = _world.OldSources.Contains(Site.Name) && _world.LastStrike.ContainsKey(Site.Name);
        if (!mayLose && SurvivorChecker.Check(History!.Current, 0, image, mayLoseBase: powerLost && !History.Current.IsBaseDurable) is { } violation)
        {
            throw ScenarioRun.Broken("P-2", $"{what}: {violation}");
        }

        History!.BeginEpoch([image], powerLost);
    }
}
