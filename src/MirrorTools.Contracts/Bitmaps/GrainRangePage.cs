using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Bitmaps;

/// <summary>A page of the runs of 1 bits of a map.</summary>
[DataContract]
public sealed class GrainRangePage
{
    /// <summary>The pair's name.</summary>
    [DataMember(Name = "pair")]
    public string Pair { get => field ?? ""; set; }

    /// <summary>The pair's id.</summary>
    [DataMember(Name = "pairId")]
    public string PairId { get => field ?? ""; set; }

    /// <summary>A name of <see cref="GrainMap"/>.</summary>
    [DataMember(Name = "map")]
    public string Map { get => field ?? ""; set; }

    /// <summary>A name of <see cref="MirrorSite"/>.</summary>
    [DataMember(Name = "site")]
    public string Site { get => field ?? ""; set; }

    /// <summary>The grain size.</summary>
    [DataMember(Name = "grainSizeBytes")]
    public long GrainSizeBytes { get; set; }

    /// <summary>How many grains the whole map has.</summary>
    [DataMember(Name = "grainCount")]
    public long GrainCount { get; set; }

    /// <summary>How many bits of the whole map are 1.</summary>
    [DataMember(Name = "setCount")]
    public long SetCount { get; set; }

    /// <summary>Runs in ascending order.</summary>
    [DataMember(Name = "items")]
    public List<GrainRange> Items { get => field ??= []; set; }

    /// <summary>Where the next page begins; absent on the last one.</summary>
    [DataMember(Name = "nextGrain", EmitDefaultValue = false)]
    public long? NextGrain { get; set; }
}
