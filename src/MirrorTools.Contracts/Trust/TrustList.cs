using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Trust;

/// <summary>The trusted agents.</summary>
[DataContract]
public sealed class TrustList
{
    /// <summary>One item per agent, by name.</summary>
    [DataMember(Name = "items")]
    public List<TrustInfo> Items { get => field ??= []; set; }
}
