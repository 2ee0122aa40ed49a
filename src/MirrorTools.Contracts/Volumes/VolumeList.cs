using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Volumes;

/// <summary>The volumes of an agent.</summary>
[DataContract]
public sealed class VolumeList
{
    /// <summary>One item per volume, by name.</summary>
    [DataMember(Name = "items")]
    public List<VolumeInfo> Items { get => field ??= []; set; }
}
