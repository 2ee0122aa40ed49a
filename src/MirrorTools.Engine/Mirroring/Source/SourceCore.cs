using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>The parts of site 1 that its flows share.</summary>
internal sealed class SourceCore
{
    private long _endedLinkBytes;

    public required MirrorParts Parts { get; init; }

    public required ControlFlow Control { get; init; }

    public required GrainGeometry Geometry { get; init; }

    /// <summary>Which copy service it is.</summary>
    public required CopyService Kind { get; init; }

    /// <summary>What differs between the copy services.</summary>
    public required ISourceService Service { get; init; }

    /// <summary>The pairs whose points are taken with this one's; of itself alone where it stands alone.</summary>
    public required PointGroup Group { get; init; }

    public required Guid PairId { get; init; }

    public WriteGate Gate => Group.Gate;

    public required SourceJournal Journal { get; init; }

    public required PairEvents Events { get; init; }

    public MirrorOptions Options { get; set; } = new();

    /// <summary>The channel of the present conversation; null between two.</summary>
    public IPeerChannel? Channel { get; private set; }

    /// <summary>What this side's messages put on the link since the process began, in bytes.</summary>
    public long LinkBytes => _endedLinkBytes + (Channel?.SentBytes ?? 0);

    /// <summary>The flows that nobody waits for.</summary>
    public FlowWatch Flows { get; } = new();

    /// <summary>Notes which channel carries the conversation from now on.</summary>
    public void SetChannel(IPeerChannel? channel)
    {
        _endedLinkBytes += Channel?.SentBytes ?? 0;
        Channel = channel;
    }

    public TimeProvider Time => Parts.Time;
}
