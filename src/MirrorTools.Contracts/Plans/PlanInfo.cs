using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Plans;

/// <summary>What an action would mean.</summary>
[DataContract]
public sealed class PlanInfo
{
    /// <summary>A name of <see cref="PlanAction"/>.</summary>
    [DataMember(Name = "action")]
    public string Action { get => field ?? ""; set; }

    /// <summary>The pair's name.</summary>
    [DataMember(Name = "pair")]
    public string Pair { get => field ?? ""; set; }

    /// <summary>Bytes to copy.</summary>
    [DataMember(Name = "bytesToMove")]
    public long BytesToMove { get; set; }

    /// <summary>How long that takes at the rate last seen; absent where nothing was measured.</summary>
    [DataMember(Name = "timeMs", EmitDefaultValue = false)]
    public long? TimeMs { get; set; }

    /// <summary>The recovery point after it, where it changes.</summary>
    [DataMember(Name = "dataLossAfterMs", EmitDefaultValue = false)]
    public long? DataLossAfterMs { get; set; }

    /// <summary>Committed points that are given up.</summary>
    [DataMember(Name = "pointsLost")]
    public int PointsLost { get; set; }

    /// <summary>Bytes of storages that are deleted.</summary>
    [DataMember(Name = "bytesDeleted")]
    public long BytesDeleted { get; set; }

    /// <summary>Changed grains whose changes are given up.</summary>
    [DataMember(Name = "grainsDiscarded")]
    public long GrainsDiscarded { get; set; }

    /// <summary>What else an admin should know.</summary>
    [DataMember(Name = "warnings")]
    public List<string> Warnings { get => field ??= []; set; }
}
