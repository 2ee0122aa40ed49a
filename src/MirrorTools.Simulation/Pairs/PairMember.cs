using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Pairs;

/// <summary>One pair of the group, at one agent: its disks, and the side of it that is open.</summary>
internal sealed class PairMember
{
    private readonly PairWorld _world;
    
    /// <param name="world">The world.</param>
    /// <param name="node">The agent that has it.</param>
    /// <param name="index">Which pair of the group; 0 leads.</param>
    /// <param name="volume">The name of the disk that is the volume.</param>
    /// <param name="intermediate">The name of the other one.</param>
    /// <param name="addDisk">Adds a disk to the site.</param>
    public PairMember(PairWorld world, PairNode node, int index, string volume, string intermediate, Func<string, long, SimDisk> addDisk)
    {
        (_world, Node, Index) = (world, node, index);
        var number = node.Of.Number;
        var suffix = index == 0 ? "" : $"-{index}";
        Volume = addDisk(volume + suffix, Identity.Geometry.LengthBytes);
        Intermediate = addDisk(intermediate + suffix, world.Service == CopyService.AsyncCopy ? world.AreaBytes(Identity.Geometry) : Identity.Geometry.LengthBytes);
        Metadata = addDisk($"M{number}{suffix}", MetadataStore.RequiredLengthBytes(Identity.Geometry));
        Log = addDisk($"L{number}{suffix}", DirtyRegionLog.RequiredLengthBytes(Identity.RegionSlots));
    }

    public int Index { get; }

    /// <summary>The agent that has it.</summary>
    public PairNode Node { get; }

    public MetadataIdentity Identity => _world.Identities[Index];

    public SimDisk Volume { get; }

    public SimDisk Intermediate { get; }

    public SimDisk Metadata { get; }

    public SimDisk Log { get; }

    /// <summary>Open while the agent is up and is the source of this pair.</summary>
    public MirrorSource? Source { get; private set; }

    /// <summary>Open while the agent is up and is the target of this pair.</summary>
    public MirrorTarget? Target { get; private set; }

    /// <summary>True where somebody else writes to the intermediate.</summary>
    public bool IsLent { get; set; }

    /// <summary>How many commands to lend it are under way.</summary>
    public int Loans { get; set; }

    public void Forget() => (Source, Target, Loans) = (null, null, 0);

    public void Attach(IPeerChannel channel)
    {
        if (Source is null && Target is null)
        {
            // the side is being opened in its new role: the peer asks again
            _ = channel.DisposeAsync();
        }

        Source?.Attach(channel);
        Target?.Attach(channel);
    }

    public MirrorParts Parts(SimProcess process, PointGroup? group) => _world.Parts(
        Node, process, Volume.Open(process), Intermediate.Open(process), Metadata.Open(process), Log.Open(process), Index) with
    {
        Group = group,
        AskLead = (prepared, force) => LeadQuestion.AskAsync(_world, this, process, prepared, force),
    };

    public async Task OpenAsync(SimProcess process, Func<PointGroup> group)
    {
        var record = await ReadRecordAsync(process);
        if (record.Role == PairRole.Source)
        {
            Source = await MirrorSource.OpenAsync(Parts(process, group()));
        }
        else
        {
            Target = await MirrorTarget.OpenAsync(Parts(process, null));
        }
    }

    /// <summary>Recovers; the pair is opened in its new role by the agent.</summary>
    public async Task RecoverAsync(bool force, ulong? point)
    {
        await Target!.RecoverAsync(force, point);
        Target = null;
    }

    /// <summary>Becomes the other side's copy; the pair is opened in its new role by the agent.</summary>
    public async Task BecomeTargetAsync(GenerationHistory history)
    {
        var source = Source!;
        try
        {
            await source.ReturnFirstIntermediateAsync();
        }
        catch (PairException)
        {
            // It is not lent.
        }

        (Source, IsLent) = (null, false);
        await source.BecomeTargetAsync(history);
    }

    /// <summary>What this pair chose about a point that another one has prepared.</summary>
    public Task<PointDecision> DecisionOfAsync(PreparedPoint prepared, bool force) =>
        Target?.DecisionOfAsync(prepared, force) ?? Source?.DecisionOfAsync(prepared) ?? Task.FromResult(PointDecision.Undecided);

    public byte[] Peek()
    {
        var image = new byte[Identity.Geometry.LengthBytes];
        Volume.Peek(0, image);
        return image;
    }

    private async Task<PairRecord> ReadRecordAsync(SimProcess process)
    {
        await using var device = Metadata.Open(process);
        var store = await MetadataStore.OpenAsync(device, CancellationToken.None);
        return PairRecordCodec.TryDecode(store.State.Current.Span, out var record) ? record! : throw new InvalidDataException("The record can't be read.");
    }
}
