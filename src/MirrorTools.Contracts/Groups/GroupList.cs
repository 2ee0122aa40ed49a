using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Groups;

/// <summary>The consistency groups of an agent.</summary>
[DataContract]
public sealed class GroupList
{
    /// <summary>One item per group, by name.</summary>
    [DataMember(Name = "items")]
    public List<GroupInfo> Items { get => field ??= []; set; }
}
