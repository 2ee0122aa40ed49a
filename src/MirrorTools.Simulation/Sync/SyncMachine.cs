using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Sync;

/// <summary>A machine with one node of the pair: opens it after every start, and knows what an outsider knows of what it holds.</summary>
internal sealed class SyncMachine
{
    private static readonly TimeSpan s_openRetry = TimeSpan.FromSeconds(1);

    private readonly SyncWorld _world;
    private bool _isClosed;

    public SyncMachine(SyncWorld world, int place, Guid agent)
    {
        (_world, Place, Agent) = (world, place, agent);
        Name = $"site{place + 1}";
        Site = new SimSite(world.Run, Name, BootAsync) { Died = OnDied };
        Volume = AddDisk($"V{place + 1}", world.Shape.Geometry.LengthBytes);
        Metadata = AddDisk($"M{place + 1}", MetadataStore.RequiredLengthBytes(world.Shape.Geometry));
        Log = AddDisk($"L{place + 1}", DirtyRegionLog.RequiredLengthBytes(world.Shape.RegionSlots));
    }

    public int Place { get; }

    public Guid Agent { get; }

    public string Name { get; }

    public SimSite Site { get; }

    public SimDisk Volume { get; }

    public SimDisk Metadata { get; }

    public SimDisk Log { get; }

    /// <summary>The node; null while it is not open.</summary>
    public SyncNode? Node { get; private set; }

    /// <summary>The line of generations that it is of.</summary>
    public SyncBranch Branch { get; set; } = null!;

    /// <summary>Until which instant of its branch's history it has all that was acknowledged, where it was left out since and still runs.</summary>
    public long HeldUntil { get; private set; }

    private HistoryEpoch? _heldEpoch;

    private Guid _recoveringFrom;

    /// <summary>True while an admin gives up what was written here.</summary>
    public bool IsDiscarding { get; set; }

    /// <summary>True while an admin's command is under way.</summary>
    public bool IsBusy { get; set; }

    /// <summary>True where everything acknowledged so far is on its disk, and what follows is before it is acknowledged: no crash takes anything.</summary>
    public bool IsHardAlone { get; set; }

    /// <summary>What the node knows durably; null while it is not open.</summary>
    public SyncRecord? Record => Node?.Core.Record;

    /// <summary>True while no other node takes part.</summary>
    public bool IsAlone => Record is { Role: SyncRole.Primary } record && record.IsAlone(Agent);

    /// <summary>True where hosts may write here now.</summary>
    public bool IsWritable => Node is { Volume.IsWritable: true };

    /// <summary>Lays the node out.</summary>
    public Task CreateAsync(SimProcess process, SyncRecord record) => SyncNode.CreateAsync(_world.Parts(this, process), _world.Identity, record);

    /// <summary>What the disk shows now.</summary>
    public byte[] Peek()
    {
        var image = new byte[_world.Shape.Geometry.LengthBytes];
        Volume.Peek(0, image);
        return image;
    }

    /// <summary>What hosts find here.</summary>
    public async Task<byte[]> ReadAllAsync()
    {
        var image = new byte[_world.Shape.Geometry.LengthBytes];
        await Node!.Volume.ReadAsync(0, image, CancellationToken.None);
        return image;
    }

    /// <summary>Closes the node, and starts the machine anew after a while.</summary>
    /// <param name="outage">How long it stays closed; null for ever.</param>
    public async Task CloseAsync(TimeSpan? outage)
    {
        if (Node is not { } node || IsBusy || Site.Process is not { IsAlive: true } process)
        {
            return;
        }

        IsBusy = true;
        var (ran, _) = await process.TryInvokeAsync(async () =>
        {
            await node.DisposeAsync();
            return true;
        });
        if (ran)
        {
            _world.Run.Totals.Count("clean closes");
            Node = null;
            _isClosed = true;
            Site.Kill(outage ?? TimeSpan.FromDays(1));
        }

        IsBusy = false;
    }

    /// <summary>Goes on as the primary on an admin's word: a new branch begins here.</summary>
    public async Task RecoverAsync()
    {
        if (Node is not { } node || IsBusy || Site.Process is not { IsAlive: true } process || node.Roles.Primary is not null)
        {
            return;
        }

        IsBusy = true;
        _recoveringFrom = Record!.Generations.Current.Id;
        try
        {
            await process.TryInvokeAsync(async () =>
            {
                await node.RecoverAsync(force: true);
                return true;
            });
        }
        catch (PairException e)
        {
            _world.Run.Totals.Count("refused " + e.Error);
        }
        catch (IOException) when (_world.HasStorageFaults(Site))
        {
            _world.Run.Totals.Count("refused by a storage");
        }
        finally
        {
            IsBusy = false;
            _recoveringFrom = process.IsAlive ? Guid.Empty : _recoveringFrom;
        }
    }

    /// <summary>Another node was left out by this one.</summary>
    public void OnLeftOut(SyncMachine other)
    {
        if (other.Branch == Branch && Branch.Holders.Contains(other))
        {
            (other.HeldUntil, other._heldEpoch) = (Branch.History!.Tick(), Branch.History.Current);
            Branch.Lose(other, "left out");
        }
    }

    /// <summary>Another node was admitted again by this one.</summary>
    public void OnAdmitted(SyncMachine other)
    {
        IsHardAlone = false;
        if (other.Branch == Branch && Branch.Holders.Contains(this))
        {
            Branch.Holders.Add(other);
        }
    }

    /// <summary>This node follows another one, and drops what it has beyond it.</summary>
    public void OnReturned(SyncMachine primary)
    {
        if (!IsDiscarding && Branch.HasWritesBeside(primary.Branch, this))
        {
            throw ScenarioRun.Broken("P-6", $"{Name} follows {primary.Name} and drops what its own hosts wrote since they parted, which no admin asked for");
        }

        Branch.Lose(this, "returns");
        (Branch, HeldUntil, IsHardAlone, IsDiscarding) = (primary.Branch, 0, false, false);
    }

    /// <summary>This node has become the primary.</summary>
    public void OnRoleTaken(bool isForced)
    {
        if (isForced)
        {
            Fork();
        }

        IsHardAlone = false;
        foreach (var other in _world.Machines.Where(other => other != this && other.Branch == Branch && Branch.Holders.Contains(this)))
        {
            Branch.Lose(other, "another node took over");
        }
    }

    /// <summary>A storage failed.</summary>
    public void OnFailed()
    {
        if (!IsHardAlone || !IsAlone)
        {
            Branch.Lose(this, "its storage failed");
        }
    }

    private void Fork()
    {
        var parent = Branch;
        _recoveringFrom = Guid.Empty;
        if (parent.History is null)
        {
            return;
        }

        var branch = _world.NewBranch(parent);
        var epoch = parent.History!.Current;
        var (isHolder, isUnknown, held) = (parent.Holders.Contains(this) && !parent.IsUnknown, parent.IsUnknown, HeldUntil);
        var isChecked = !isUnknown && (isHolder || (held > 0 && _heldEpoch == epoch));
        var now = parent.History.Tick();
        branch.BeginBy(this, image =>
        {
            for (long sector = 0; isChecked && sector < image.Length / SectorStamp.Bytes; sector++)
            {
                var content = image.AsSpan((int)sector * SectorStamp.Bytes, SectorStamp.Bytes);
                if (ReadChecker.Check(epoch, 0, sector, content, isHolder ? now : Math.Min(now, held)) is { } violation)
                {
                    return violation;
                }
            }

            return null;
        });
        _world.Run.Totals.Count(isHolder ? "forced recoveries with everything" : held > 0 ? "forced recoveries of a node that was left out" : "forced recoveries with a loss");
        parent.Lose(this, "recovered by force");
        (Branch, _world.Chosen, HeldUntil, IsDiscarding) = (branch, branch, 0, false);
    }

    // some disks of some seeds are slow
    private SimDisk AddDisk(string name, long lengthBytes)
    {
        var options = new SimDiskOptions { LengthBytes = lengthBytes };
        if (_world.Random.Chance(0.35))
        {
            var most = TimeSpan.FromMilliseconds(_world.Random.Next(1, 30));
            options = options with { LeastLatency = most / 4, MostLatency = most, FlushLatency = most * 2 };
        }

        return Site.AddDisk(name, options);
    }

    private async Task BootAsync(SimProcess process)
    {
        var links = new SyncLinks(_world, this, process);
        while (Node is null)
        {
            try
            {
                Node = await SyncNode.OpenAsync(_world.Parts(this, process));
            }
            catch (IOException e) when (_world.HasStorageFaults(Site))
            {
                _world.Run.Scheduler.Note($"{Name} can't open: {e.Message}");
                await Task.Delay(s_openRetry, process.Time);
            }
        }

        _isClosed = false;
        if (_recoveringFrom != Guid.Empty && IsAlone && Record!.Generations.Current.Id != _recoveringFrom)
        {
            // It died when the recovery was durable and had not been told yet.
            Fork();
        }

        if (!Node.Core.HasCache)
        {
            Branch.Lose(this, "it was not closed cleanly");
        }

        await links.RunAsync();
    }

    private void OnDied(bool powerLost)
    {
        if (Node is not null && !_isClosed && !(IsHardAlone && IsAlone))
        {
            Branch.Lose(this, powerLost ? "power loss" : "killed");
        }

        (Node, IsBusy, HeldUntil) = (null, false, 0);
    }
}
