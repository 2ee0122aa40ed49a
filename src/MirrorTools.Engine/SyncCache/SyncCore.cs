using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache;

/// <summary>The parts of a node that its flows share.</summary>
internal sealed class SyncCore
{
    public required SyncParts Parts { get; init; }

    public required ControlFlow Control { get; init; }

    public required GrainGeometry Geometry { get; init; }

    public required Guid PairId { get; init; }

    /// <summary>What is settled and may not be on the disk yet.</summary>
    public required WriteBackCache Cache { get; init; }

    /// <summary>Slows hosts' writes down to the disks' speed as caches fill (S-15).</summary>
    public required CacheThrottle Throttle { get; init; }

    public required DirtyRegionLog Log { get; init; }

    /// <summary>Writes are inside from when their regions are seen to be hot until they are in the cache and answered.</summary>
    public required EpochGate Gate { get; init; }

    public required MissingGrains Missing { get; init; }

    public required SyncJournal Journal { get; init; }

    public required SyncRecordStore Records { get; init; }

    public required PairEvents Events { get; init; }

    /// <summary>The stream that writes have their numbers in, which this node gives as a primary: another one each time it becomes one.</summary>
    public required Guid Instance { get; set; }

    /// <summary>False where this node was not closed cleanly and others took part: what it acknowledged may be in nobody's memory but theirs (S-9).</summary>
    public bool HasCache { get; set; }

    /// <summary>True while <see cref="OwnSuspects"/> is known here alone: the log has to go on naming its regions.</summary>
    public bool SuspectsAreOpen { get; set; }

    /// <summary>After an unclean stop: what may have been in the cache alone.</summary>
    public required GrainMap OwnSuspects { get; init; }

    public SyncOptions Options { get; set; } = new();

    /// <summary>The flows that nobody waits for.</summary>
    public FlowWatch Flows { get; } = new();

    public TimeProvider Time => Parts.Time;

    public SyncRecord Record => Records.Current;

    public Guid NodeId => Parts.NodeId;

    /// <summary>A node's place in the pair.</summary>
    public int PlaceOf(Guid node)
    {
        for (int place = 0; place < Record.Nodes.Count; place++)
        {
            if (Record.Nodes[place] == node)
            {
                return place;
            }
        }

        throw new ArgumentException($"Node {node} is not one of the pair.", nameof(node));
    }

    /// <summary>Makes a generation with this node as its primary.</summary>
    public Generation NewGeneration() => new(Parts.NewId(), Time.GetUtcNow(), NodeId);

    /// <summary>What this node says of itself.</summary>
    public MeetingView View => new(NodeId, Record, HasCache);
}
