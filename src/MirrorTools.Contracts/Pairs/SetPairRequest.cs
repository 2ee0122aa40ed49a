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
