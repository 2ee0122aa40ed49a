using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Volumes;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Recovery;

namespace MirrorTools.Cmdlets.Recovery;

/// <summary>A recovery that was done.</summary>
public sealed class MirrorRecovery
{
    internal MirrorRecovery(RecoveryResult info, MirrorAgentReference agent)
    {
        Agent = agent;
        Pair = info.Pair;
        PairId = info.PairId;
        Point = info.Point;
        PointTime = WireTime.Read(info.PointTime);
        RecoveredAt = WireTime.Read(info.RecoveredAt);
        DataLoss = Wire.Duration(info.DataLossMs);
        RecoveryTime = Wire.Duration(info.RecoveryTimeMs);
        BytesToMove = info.BytesToMove;
        GrainsDiscarded = info.GrainsDiscarded;
        Generation = info.Generation;
        Volume = info.Volume is { } volume ? new MirrorVolume(volume, agent) : null;
    }

    /// <summary>The pair's name.</summary>
    public string Pair { get; }

    /// <summary>The pair's id.</summary>
    public string PairId { get; }

    /// <summary>The point that is shown.</summary>
    public long Point { get; }

    /// <summary>Its t1.</summary>
    public DateTimeOffset? PointTime { get; }

    /// <summary>When the image could take its first host.</summary>
    public DateTimeOffset? RecoveredAt { get; }

    /// <summary>From t1 to the recovery: the measured RPO.</summary>
    public TimeSpan? DataLoss { get; }

    /// <summary>How long it took: the measured RTO.</summary>
    public TimeSpan? RecoveryTime { get; }

    /// <summary>What the background copy still moves from C to D.</summary>
    public long BytesToMove { get; }

    /// <summary>Uncommitted grains of C that were dropped.</summary>
    public long GrainsDiscarded { get; }

    /// <summary>The new generation of the pair.</summary>
    public string Generation { get; }

    /// <summary>The volume to mount.</summary>
    public MirrorVolume? Volume { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Pair} @{Point}";
}
