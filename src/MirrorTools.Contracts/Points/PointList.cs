using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Points;

/// <summary>The committed points of a pair.</summary>
[DataContract]
public sealed class PointList
{
    /// <summary>Newest first.</summary>
    [DataMember(Name = "items")]
    public List<PointInfo> Items { get => field ??= []; set; }
}
