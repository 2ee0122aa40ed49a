using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Points;

namespace MirrorTools.Cmdlets.Points;

/// <summary>A committed consistency point.</summary>
public sealed class ConsistencyPoint
{
    internal ConsistencyPoint(PointInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        Pair = info.Pair;
        PairId = info.PairId;
        Number = info.Number;
        Label = info.Name;
        PointTime = WireTime.Read(info.PointTime);
        CommittedAt = WireTime.Read(info.CommittedAt);
        Age = Wire.Duration(info.AgeMs);
        Size = info.SizeBytes;
        ChangedBytes = info.ChangedBytes;
        GrainsInIntermediate = info.GrainsInIntermediate;
        Latest = info.Latest;
        Retained = info.Retained;
        Generation = info.Generation;
    }

    /// <summary>The pair's name.</summary>
    public string Pair { get; }

    /// <summary>The pair's id.</summary>
    public string PairId { get; }

    /// <summary>Its number.</summary>
    public long Number { get; }

    /// <summary>The name it was given.</summary>
    public string? Label { get; }

    /// <summary>t1, the instant it shows.</summary>
    public DateTimeOffset? PointTime { get; }

    /// <summary>t2, when it was committed.</summary>
    public DateTimeOffset? CommittedAt { get; }

    /// <summary>How long ago t1 was.</summary>
    public TimeSpan? Age { get; }

    /// <summary>The size of the image in bytes.</summary>
    public long Size { get; }

    /// <summary>Bytes that differ from the point before.</summary>
    public long ChangedBytes { get; }

    /// <summary>Grains still to be brought from C to D.</summary>
    public long GrainsInIntermediate { get; }

    /// <summary>True for the newest one.</summary>
    public bool Latest { get; }

    /// <summary>True while it is kept.</summary>
    public bool Retained { get; }

    /// <summary>The generation it belongs to.</summary>
    public string? Generation { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Pair} @{Number}";
}
