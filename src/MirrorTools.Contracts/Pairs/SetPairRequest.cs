using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Pairs;

/// <summary>Changes a pair. What is absent stays as it is.</summary>
[DataContract]
public sealed class SetPairRequest
{
    /// <summary>A new name.</summary>
    [DataMember(Name = "newName", EmitDefaultValue = false)]
    public string? NewName { get; set; }

    /// <summary>A name of <see cref="WritePolicy"/>.</summary>
    [DataMember(Name = "writePolicy", EmitDefaultValue = false)]
    public string? WritePolicy { get; set; }

    /// <summary>After how long a write policy that waits for site 2 acts as <c>CopyOnWriteLocal</c>; with AsyncCopy, a write that waits ends the increment.</summary>
    [DataMember(Name = "writeDeadlineMs", EmitDefaultValue = false)]
    public long? WriteDeadlineMs { get; set; }

    /// <summary>How long writes stay held for a point of a consistency group over several agents before they go on and the point is given up: 10 ms to 30 s.</summary>
    [DataMember(Name = "runTimerMs", EmitDefaultValue = false)]
    public long? RunTimerMs { get; set; }

    /// <summary>AsyncCopy only: how long an increment may take before it is given up: 1 s to 30 days. It holds for the increment under way too.</summary>
    [DataMember(Name = "maximumIncrementMs", EmitDefaultValue = false)]
    public long? MaximumIncrementMs { get; set; }

    /// <summary>AsyncCopy only: a name of <see cref="Pairs.CollisionPolicy"/>.</summary>
    [DataMember(Name = "collisionPolicy", EmitDefaultValue = false)]
    public string? CollisionPolicy { get; set; }

    /// <summary>SyncCache only: a name of <see cref="Pairs.HardeningMethod"/>.</summary>
    [DataMember(Name = "hardeningMethod", EmitDefaultValue = false)]
    public string? HardeningMethod { get; set; }

    /// <summary>How many committed points to keep: 1, for AsyncCopy up to 32.</summary>
    [DataMember(Name = "retainPoints", EmitDefaultValue = false)]
    public int? RetainPoints { get; set; }
}
