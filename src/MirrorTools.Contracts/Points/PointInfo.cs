using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Points;

/// <summary>A committed consistency point.</summary>
[DataContract]
public sealed class PointInfo
{
    /// <summary>The pair's name.</summary>
    [DataMember(Name = "pair")]
    public string Pair { get => field ?? ""; set; }

    /// <summary>The pair's id.</summary>
    [DataMember(Name = "pairId")]
    public string PairId { get => field ?? ""; set; }

    /// <summary>The point's number.</summary>
    [DataMember(Name = "number")]
    public long Number { get; set; }

    /// <summary>Its name, where it was given one.</summary>
    [DataMember(Name = "name", EmitDefaultValue = false)]
    public string? Name { get; set; }

    /// <summary>t1, the instant it shows (ISO 8601, UTC).</summary>
    [DataMember(Name = "pointTime")]
    public string PointTime { get => field ?? ""; set; }

    /// <summary>t2, when it was committed (ISO 8601, UTC).</summary>
    [DataMember(Name = "committedAt")]
    public string CommittedAt { get => field ?? ""; set; }

    /// <summary>How long ago t1 was.</summary>
    [DataMember(Name = "ageMs")]
    public long AgeMs { get; set; }

    /// <summary>The size of the image.</summary>
    [DataMember(Name = "sizeBytes")]
    public long SizeBytes { get; set; }

    /// <summary>Bytes that differ from the point before.</summary>
    [DataMember(Name = "changedBytes")]
    public long ChangedBytes { get; set; }

    /// <summary>Grains the second flashcopy has still to bring from C to D.</summary>
    [DataMember(Name = "grainsInIntermediate")]
    public long GrainsInIntermediate { get; set; }

    /// <summary>True for the newest committed point.</summary>
    [DataMember(Name = "latest")]
    public bool Latest { get; set; }

    /// <summary>True while it is kept by name or by the number of retained points.</summary>
    [DataMember(Name = "retained")]
    public bool Retained { get; set; }

    /// <summary>The generation it belongs to.</summary>
    [DataMember(Name = "generation", EmitDefaultValue = false)]
    public string? Generation { get; set; }
}
