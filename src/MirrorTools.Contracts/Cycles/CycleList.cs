using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Cycles;

/// <summary>Cycles of a pair.</summary>
[DataContract]
public sealed class CycleList
{
    /// <summary>The running one first, then by falling number.</summary>
    [DataMember(Name = "items")]
    public List<CycleInfo> Items { get => field ??= []; set; }
}
