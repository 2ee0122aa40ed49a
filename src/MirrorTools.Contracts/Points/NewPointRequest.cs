using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Points;

/// <summary>Takes a consistency point that has a name, and is kept until it is removed.</summary>
[DataContract]
public sealed class NewPointRequest
{
    /// <summary>The name: 1 to 63 ASCII letters, digits, hyphens, underscores and dots, not only digits; unique among the pair's points.</summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }
}
