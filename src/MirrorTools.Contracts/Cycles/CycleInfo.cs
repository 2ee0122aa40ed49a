using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Cycles;

/// <summary>One cycle of a pair; its number is the number of its consistency point.</summary>
[DataContract]
public sealed class CycleInfo
{
    /// <summary>The pair's name.</summary>
    [DataMember(Name = "pair")]
    public string Pair { get => field ?? ""; set; }

    /// <summary>The pair's id.</summary>
    [DataMember(Name = "pairId")]
    public string PairId { get => field ?? ""; set; }

    /// <summary>The number of the point.</summary>
    [DataMember(Name = "number")]
    public long Number { get; set; }

    /// <summary>A name of <see cref="CycleState"/>.</summary>
    [DataMember(Name = "state")]
    public string State { get => field ?? ""; set; }

    /// <summary>Why it started: <c>Initial</c>, <c>Manual</c>, <c>Schedule</c>, <c>Supersede</c> or <c>Resync</c>.</summary>
    [DataMember(Name = "reason")]
    public string Reason { get => field ?? ""; set; }

    /// <summary>t1, the instant of the point (ISO 8601, UTC).</summary>
    [DataMember(Name = "pointTime")]
    public string PointTime { get => field ?? ""; set; }

    /// <summary>How long hosts' writes were held for the point, in milliseconds; nothing where that is not known any more.</summary>
    [DataMember(Name = "holdMs", EmitDefaultValue = false)]
    public double? HoldMs { get; set; }

    /// <summary>When the first flashcopy was complete (ISO 8601, UTC).</summary>
    [DataMember(Name = "completedAt", EmitDefaultValue = false)]
    public string? CompletedAt { get; set; }

    /// <summary>t2, when it was committed (ISO 8601, UTC).</summary>
    [DataMember(Name = "committedAt", EmitDefaultValue = false)]
    public string? CommittedAt { get; set; }

    /// <summary>When it was committed, given up or superseded (ISO 8601, UTC).</summary>
    [DataMember(Name = "endedAt", EmitDefaultValue = false)]
    public string? EndedAt { get; set; }

    /// <summary>Grains to copy.</summary>
    [DataMember(Name = "grainsTotal")]
    public long GrainsTotal { get; set; }

    /// <summary>Grains copied; never more than the total.</summary>
    [DataMember(Name = "grainsDone")]
    public long GrainsDone { get; set; }

    /// <summary>Bytes to copy.</summary>
    [DataMember(Name = "bytesTotal")]
    public long BytesTotal { get; set; }

    /// <summary>Bytes copied.</summary>
    [DataMember(Name = "bytesDone")]
    public long BytesDone { get; set; }

    /// <summary>Bytes that went over the link, after zero runs and compression.</summary>
    [DataMember(Name = "bytesOnLink")]
    public long BytesOnLink { get; set; }

    /// <summary>The rate of the last seconds.</summary>
    [DataMember(Name = "bytesPerSecond")]
    public long BytesPerSecond { get; set; }

    /// <summary>The time left at that rate.</summary>
    [DataMember(Name = "timeLeftMs", EmitDefaultValue = false)]
    public long? TimeLeftMs { get; set; }

    /// <summary>The number of the point that took its place.</summary>
    [DataMember(Name = "supersededBy", EmitDefaultValue = false)]
    public long? SupersededBy { get; set; }

    /// <summary>Why it was given up.</summary>
    [DataMember(Name = "errorId", EmitDefaultValue = false)]
    public string? ErrorId { get; set; }

    /// <summary>The same in words.</summary>
    [DataMember(Name = "message", EmitDefaultValue = false)]
    public string? Message { get; set; }
}
