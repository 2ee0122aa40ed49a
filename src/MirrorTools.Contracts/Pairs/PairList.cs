using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Pairs;

/// <summary>The pairs of an agent.</summary>
[DataContract]
public sealed class PairList
{
    /// <summary>One item per pair, by name.</summary>
    [DataMember(Name = "items")]
    public List<PairInfo> Items { get => field ??= []; set; }
}
