using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Recovery;

/// <summary>Recovers a pair at site 2, or asks what that would mean.</summary>
[DataContract]
public sealed class RecoveryRequest
{
    /// <summary>The number of the point; the last committed one where absent.</summary>
    [DataMember(Name = "point", EmitDefaultValue = false)]
    public long? Point { get; set; }

    /// <summary>True to recover although the source answers or cannot be asked.</summary>
    [DataMember(Name = "force")]
    public bool Force { get; set; }
}
