using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Bitmaps;

/// <summary>A run of grains whose bits are 1.</summary>
[DataContract]
public sealed class GrainRange
{
    /// <summary>The first grain.</summary>
    [DataMember(Name = "first")]
    public long First { get; set; }

    /// <summary>How many.</summary>
    [DataMember(Name = "count")]
    public long Count { get; set; }
}
