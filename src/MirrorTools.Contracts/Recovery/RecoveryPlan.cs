using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Recovery;

/// <summary>What a recovery would do, in numbers.</summary>
[DataContract]
public sealed class RecoveryPlan
{
    /// <summary>The pair's name.</summary>
    [DataMember(Name = "pair")]
    public string Pair { get => field ?? ""; set; }

    /// <summary>The pair's id.</summary>
    [DataMember(Name = "pairId")]
    public string PairId { get => field ?? ""; set; }

    /// <summary>The point that would be shown.</summary>
    [DataMember(Name = "point")]
    public long Point { get; set; }

    /// <summary>Its t1 (ISO 8601, UTC).</summary>
    [DataMember(Name = "pointTime")]
    public string PointTime { get => field ?? ""; set; }

    /// <summary>When it was committed (ISO 8601, UTC).</summary>
    [DataMember(Name = "committedAt")]
    public string CommittedAt { get => field ?? ""; set; }

    /// <summary>How long ago t1 was: writes since then are lost (P-3).</summary>
    [DataMember(Name = "dataLossMs")]
    public long DataLossMs { get; set; }

    /// <summary>How long it will take until the image takes writes.</summary>
    [DataMember(Name = "recoveryTimeMs")]
    public long RecoveryTimeMs { get; set; }

    /// <summary>What the background copy moves from C to D afterwards.</summary>
    [DataMember(Name = "bytesToMove")]
    public long BytesToMove { get; set; }

    /// <summary>Uncommitted grains in C that are dropped.</summary>
    [DataMember(Name = "grainsDiscarded")]
    public long GrainsDiscarded { get; set; }

    /// <summary>Committed points newer than the chosen one, which are given up.</summary>
    [DataMember(Name = "pointsLost")]
    public int PointsLost { get; set; }

    /// <summary><c>Reachable</c>, <c>Unreachable</c> or <c>Stopped</c>.</summary>
    [DataMember(Name = "sourceState")]
    public string SourceState { get => field ?? ""; set; }

    /// <summary>True if it is refused without force.</summary>
    [DataMember(Name = "forceNeeded")]
    public bool ForceNeeded { get; set; }

    /// <summary>What else an admin should know.</summary>
    [DataMember(Name = "warnings")]
    public List<string> Warnings { get => field ??= []; set; }
}
