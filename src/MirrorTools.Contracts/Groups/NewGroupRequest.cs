using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Groups;

/// <summary>Makes a consistency group. It is asked of the agent with the source of its first pair; the sources and the copies of the others may be at other agents.</summary>
[DataContract]
public sealed class NewGroupRequest
{
    /// <summary>
    /// The group's name: 1 to 63 letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; case-insensitive and unique on all agents.
    /// </summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>Names or ids of its pairs, at least one; the first one leads. A pair with its source at another agent is named <c>AGENT/PAIR</c>.</summary>
    [DataMember(Name = "pairs")]
    public List<string> Pairs { get => field ??= []; set; }
}
