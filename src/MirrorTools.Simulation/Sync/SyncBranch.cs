using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;

namespace MirrorTools.Simulation.Sync;

/// <summary>
/// What hosts did to the volume in one line of generations: an admin's forced recovery begins another one. Who still has all that was acknowledged, as an outsider knows it, says what may
/// be lost.
/// </summary>
internal sealed class SyncBranch(SyncWorld world, int number)
{
    private Func<byte[], string?>? _check;

    public int Number => number;

    /// <summary>What hosts did; null until it is known with what the branch began.</summary>
    public WriteHistory? History { get; private set; }

    /// <summary>What reads showed.</summary>
    public SectorZones Zones { get; private set; } = new();

    /// <summary>The nodes that have all that was acknowledged.</summary>
    public HashSet<SyncMachine> Holders { get; } = [];

    /// <summary>True while nobody knows what the volume holds: all holders failed, or it was recovered by force.</summary>
    public bool IsUnknown => _check is not null;

    /// <summary>The branch that this one began in; null for the first one.</summary>
    public SyncBranch? Parent { get; private init; }

    /// <summary>How many writes hosts had acknowledged at each node in this branch.</summary>
    public Dictionary<SyncMachine, long> Acknowledged { get; } = [];

    private Dictionary<SyncMachine, long> AcknowledgedInParent { get; init; } = [];

    /// <summary>Writes that were on the disk of a node when it acknowledged them, since it was alone (S-9).</summary>
    public Dictionary<HostWrite, SyncMachine> HardAt { get; } = [];

    /// <summary>Up to which instant all that was acknowledged is on the disk of a node.</summary>
    public Dictionary<SyncMachine, long> HardUntil { get; } = [];

    /// <summary>A branch that a forced recovery begins in this one.</summary>
    public SyncBranch Fork(int place) => new(world, place) { Parent = this, AcknowledgedInParent = new(Acknowledged) };

    /// <summary>True where hosts were told of writes at a node in this branch that another one has not.</summary>
    public bool HasWritesBeside(SyncBranch other, SyncMachine machine)
    {
        for (var line = other; line is not null; line = line.Parent)
        {
            if (line == this)
            {
                return false;
            }

            if (line.Parent == this)
            {
                return Acknowledged.GetValueOrDefault(machine) > line.AcknowledgedInParent.GetValueOrDefault(machine);
            }
        }

        return Acknowledged.GetValueOrDefault(machine) > 0;
    }

    /// <summary>The first branch begins with what the disks hold.</summary>
    public void Begin(byte[] image) => History = world.NewHistory(image);

    /// <summary>A branch that a forced recovery begins: what it begins with is checked and taken once hosts can read it.</summary>
    public void BeginBy(SyncMachine machine, Func<byte[], string?> check)
    {
        Holders.Add(machine);
        _check = check;
    }

    /// <summary>A node has no longer all that was acknowledged.</summary>
    /// <param name="machine">The node.</param>
    /// <param name="why">For people.</param>
    public void Lose(SyncMachine machine, string why)
    {
        if (!Holders.Remove(machine))
        {
            return;
        }

        world.Run.Scheduler.Note($"branch {number}: {machine.Name} does not have all any more: {why}");
        if (Holders.Count > 0)
        {
            return;
        }

        world.Run.Totals.Count("all copies of a cache lost");
        if (_check is null)
        {
            var epoch = History!.Current;
            _check = image => SurvivorChecker.Check(epoch, 0, image);
        }
    }

    /// <summary>Hosts can read again: what they find has to be what may be left, and counts from here on.</summary>
    public void Settle(SyncMachine machine, byte[] image)
    {
        foreach (var write in History?.Current.Writes ?? [])
        {
            write.IsHardened = write.Acknowledged < HardUntil.GetValueOrDefault(machine) || HardAt.GetValueOrDefault(write) == machine;
        }

        if (_check!(image) is { } violation)
        {
            throw ScenarioRun.Broken("P-2", $"branch {number} as {machine.Name} shows it: {violation}");
        }

        _check = null;
        Zones = new SectorZones();
        HardAt.Clear();
        HardUntil.Clear();
        Holders.Clear();
        Holders.Add(machine);
        if (History is null)
        {
            History = world.NewHistory(image);
        }
        else
        {
            History.BeginEpoch([image], isDurable: true);
        }

        world.Hosts.Adopt(machine, this);
        world.Run.Totals.Count("volumes taken as they are");
    }

    /// <summary>What is wrong with what a read showed, or null.</summary>
    public string? Check(HistoryEpoch epoch, long firstSector, ReadOnlySpan<byte> content, long issued, long completed)
    {
        for (var i = 0; i * SectorStamp.Bytes < content.Length; i++)
        {
            var sector = content.Slice(i * SectorStamp.Bytes, SectorStamp.Bytes);
            if (ReadChecker.Check(epoch, 0, firstSector + i, sector, issued) is { } stale)
            {
                return stale;
            }

            if (sector.IndexOfAnyExcept((byte)0) < 0)
            {
                continue;
            }

            var shown = SectorStamp.TryRead(sector, 0, firstSector + i, out var id) ? epoch.Find(id, 0, firstSector + i) : null;
            if (Zones.Add(epoch, firstSector + i, shown, issued, completed) is { } twisted)
            {
                return twisted;
            }
        }

        return null;
    }
}
