using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Groups;

/// <summary>Changes a consistency group. What is absent stays as it is.</summary>
[DataContract]
public sealed class SetGroupRequest
{
    /// <summary>A new name.</summary>
    [DataMember(Name = "newName", EmitDefaultValue = false)]
    public string? NewName { get; set; }

    /// <summary>Names or ids of pairs that join it.</summary>
    [DataMember(Name = "add")]
    public List<string> Add { get => field ??= []; set; }

    /// <summary>Names or ids of pairs that leave it.</summary>
    [DataMember(Name = "remove")]
    public List<string> Remove { get => field ??= []; set; }
}
