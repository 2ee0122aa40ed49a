using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Bitmaps;

/// <summary>A page of a grain bitmap.</summary>
[DataContract]
public sealed class GrainBitmapPage
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

    /// <summary>The first grain of this page; a multiple of 8.</summary>
    [DataMember(Name = "firstGrain")]
    public long FirstGrain { get; set; }

    /// <summary>How many grains this page has.</summary>
    [DataMember(Name = "pageGrains")]
    public long PageGrains { get; set; }

    /// <summary>The page's bits in base64: bit i of byte b is grain firstGrain + 8 b + i.</summary>
    [DataMember(Name = "bits")]
    public string Bits { get => field ?? ""; set; }
}
