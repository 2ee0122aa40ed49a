using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Groups;

/// <summary>Changes a consistency group. What is absent stays as it is; with nothing, every agent of the group is told again what it is.</summary>
[DataContract]
public sealed class SetGroupRequest
{
    /// <summary>A new name.</summary>
    [DataMember(Name = "newName", EmitDefaultValue = false)]
    public string? NewName { get; set; }

    /// <summary>Names or ids of pairs that join it; <c>AGENT/PAIR</c> for one with its source at another agent.</summary>
    [DataMember(Name = "add")]
    public List<string> Add { get => field ??= []; set; }

    /// <summary>Names or ids of pairs that leave it; <c>AGENT/PAIR</c> for one with its source at another agent.</summary>
    [DataMember(Name = "remove")]
    public List<string> Remove { get => field ??= []; set; }
}
