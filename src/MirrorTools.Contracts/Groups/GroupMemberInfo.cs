using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Groups;

/// <summary>Where a pair of a consistency group is.</summary>
[DataContract]
public sealed class GroupMemberInfo
{
    /// <summary>Its name as in the group's list of pairs.</summary>
    [DataMember(Name = "pair")]
    public string Pair { get => field ?? ""; set; }

    /// <summary>Its 128-bit id, as a GUID.</summary>
    [DataMember(Name = "pairId")]
    public string PairId { get => field ?? ""; set; }

    /// <summary>The name of the agent at its site 1.</summary>
    [DataMember(Name = "sourceAgent")]
    public string SourceAgent { get => field ?? ""; set; }

    /// <summary>The name of the agent at its site 2.</summary>
    [DataMember(Name = "targetAgent")]
    public string TargetAgent { get => field ?? ""; set; }
}
