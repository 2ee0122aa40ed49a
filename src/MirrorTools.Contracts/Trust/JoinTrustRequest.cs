using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Trust;

/// <summary>Uses a pairing code that another agent made.</summary>
[DataContract]
public sealed class JoinTrustRequest
{
    /// <summary>The code.</summary>
    [DataMember(Name = "code")]
    public string Code { get => field ?? ""; set; }

    /// <summary>The label for the other agent here; its own name where absent.</summary>
    [DataMember(Name = "name", EmitDefaultValue = false)]
    public string? Name { get; set; }
}
