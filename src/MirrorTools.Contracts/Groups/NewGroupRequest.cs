using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Groups;

/// <summary>Makes a consistency group of pairs that have both agents in common.</summary>
[DataContract]
public sealed class NewGroupRequest
{
    /// <summary>
    /// The group's name: 1 to 63 letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; case-insensitive and unique on both agents.
    /// </summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>Names or ids of its pairs, at least one; the first one leads.</summary>
    [DataMember(Name = "pairs")]
    public List<string> Pairs { get => field ??= []; set; }
}
