using MirrorTools.Contracts.Volumes;
using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Recovery;

/// <summary>A recovery that was done.</summary>
[DataContract]
public sealed class RecoveryResult
{
    /// <summary>The pair's name.</summary>
    [DataMember(Name = "pair")]
    public string Pair { get => field ?? ""; set; }

    /// <summary>The pair's id.</summary>
    [DataMember(Name = "pairId")]
    public string PairId { get => field ?? ""; set; }

    /// <summary>The point that is shown.</summary>
    [DataMember(Name = "point")]
    public long Point { get; set; }

    /// <summary>Its t1 (ISO 8601, UTC).</summary>
    [DataMember(Name = "pointTime")]
    public string PointTime { get => field ?? ""; set; }

    /// <summary>When the image took its first host (ISO 8601, UTC).</summary>
    [DataMember(Name = "recoveredAt")]
    public string RecoveredAt { get => field ?? ""; set; }

    /// <summary>From t1 to the recovery: the measured RPO.</summary>
    [DataMember(Name = "dataLossMs")]
    public long DataLossMs { get; set; }

    /// <summary>How long the recovery took: the measured RTO.</summary>
    [DataMember(Name = "recoveryTimeMs")]
    public long RecoveryTimeMs { get; set; }

    /// <summary>What the background copy still moves from C to D.</summary>
    [DataMember(Name = "bytesToMove")]
    public long BytesToMove { get; set; }

    /// <summary>Uncommitted grains of C that were dropped.</summary>
    [DataMember(Name = "grainsDiscarded")]
    public long GrainsDiscarded { get; set; }

    /// <summary>The new generation of the pair.</summary>
    [DataMember(Name = "generation")]
    public string Generation { get => field ?? ""; set; }

    /// <summary>The volume to mount.</summary>
    [DataMember(Name = "volume", EmitDefaultValue = false)]
    public VolumeInfo? Volume { get; set; }

    /// <summary>What is left to do, such as the recovery of the same consistency group's pairs at another agent.</summary>
    [DataMember(Name = "warnings")]
    public List<string> Warnings { get => field ??= []; set; }
}
