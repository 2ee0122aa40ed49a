using System.Runtime.Serialization;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Contracts.Pairs;

/// <summary>Makes a pair. The agent that is asked is site 1.</summary>
[DataContract]
public sealed class NewPairRequest
{
    /// <summary>
    /// The pair's name: 1 to 63 letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; case-insensitive and unique on both agents.
    /// </summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>A name of <see cref="CopyService"/>; <c>Flashcopy</c> where empty.</summary>
    [DataMember(Name = "service")]
    public string Service { get => field ?? ""; set; }

    /// <summary>A: the source, an image file or block device on the agent that is asked.</summary>
    [DataMember(Name = "source")]
    public string Source { get => field ?? ""; set; }

    /// <summary>B, for AsyncCopy the area of preserved grains at site 1: placed beside the source where absent.</summary>
    [DataMember(Name = "firstIntermediate", EmitDefaultValue = false)]
    public string? FirstIntermediate { get; set; }

    /// <summary>C, for AsyncCopy the area of preserved grains at site 2: placed beside the target where absent.</summary>
    [DataMember(Name = "secondIntermediate", EmitDefaultValue = false)]
    public string? SecondIntermediate { get; set; }

    /// <summary>D: the target, on the target agent.</summary>
    [DataMember(Name = "target")]
    public string Target { get => field ?? ""; set; }

    /// <summary>The name or id of a trusted agent; the agent that is asked where absent.</summary>
    [DataMember(Name = "targetAgent", EmitDefaultValue = false)]
    public string? TargetAgent { get; set; }

    /// <summary>Makes the source as a sparse file of this size where it is not there.</summary>
    [DataMember(Name = "sizeBytes", EmitDefaultValue = false)]
    public long? SizeBytes { get; set; }

    /// <summary>A power of two from 4 KiB to 4 MiB; 64 KiB where absent (F-25).</summary>
    [DataMember(Name = "grainSizeBytes", EmitDefaultValue = false)]
    public long? GrainSizeBytes { get; set; }

    /// <summary>A name of <see cref="WritePolicy"/>; <c>CopyOnWriteLocal</c> where absent.</summary>
    [DataMember(Name = "writePolicy", EmitDefaultValue = false)]
    public string? WritePolicy { get; set; }

    /// <summary>After how long a write policy that waits for site 2 acts as <c>CopyOnWriteLocal</c>; with AsyncCopy, a write that waits ends the increment.</summary>
    [DataMember(Name = "writeDeadlineMs", EmitDefaultValue = false)]
    public long? WriteDeadlineMs { get; set; }

    /// <summary>How long writes stay held for a point of a consistency group over several agents before they go on and the point is given up: 10 ms to 30 s; 2 s where absent.</summary>
    [DataMember(Name = "runTimerMs", EmitDefaultValue = false)]
    public long? RunTimerMs { get; set; }

    /// <summary>AsyncCopy only: how long an increment may take before it is given up: 1 s to 30 days; an hour where absent.</summary>
    [DataMember(Name = "maximumIncrementMs", EmitDefaultValue = false)]
    public long? MaximumIncrementMs { get; set; }

    /// <summary>AsyncCopy only: a name of <see cref="Pairs.CollisionPolicy"/>.</summary>
    [DataMember(Name = "collisionPolicy", EmitDefaultValue = false)]
    public string? CollisionPolicy { get; set; }

    /// <summary>SyncCache only: a name of <see cref="Pairs.HardeningMethod"/>.</summary>
    [DataMember(Name = "hardeningMethod", EmitDefaultValue = false)]
    public string? HardeningMethod { get; set; }

    /// <summary>The consistency group to join; where there is none of this name it is made, and this pair leads it.</summary>
    [DataMember(Name = "group", EmitDefaultValue = false)]
    public string? Group { get; set; }

    /// <summary>The schedule; <c>Manual</c> where absent.</summary>
    [DataMember(Name = "schedule", EmitDefaultValue = false)]
    public ScheduleInfo? Schedule { get; set; }

    /// <summary>How many committed points to keep: 1, for AsyncCopy up to 32.</summary>
    [DataMember(Name = "retainPoints", EmitDefaultValue = false)]
    public int? RetainPoints { get; set; }

    /// <summary>True to start from what a comparison by hash proves equal.</summary>
    [DataMember(Name = "seeded")]
    public bool Seeded { get; set; }

    /// <summary>A directory for the pair's maps and points at site 1; beside B where absent.</summary>
    [DataMember(Name = "metadataPath", EmitDefaultValue = false)]
    public string? MetadataPath { get; set; }

    /// <summary>The same at site 2; beside D where absent.</summary>
    [DataMember(Name = "targetMetadataPath", EmitDefaultValue = false)]
    public string? TargetMetadataPath { get; set; }
}
