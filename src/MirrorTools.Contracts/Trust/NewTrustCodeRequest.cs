using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Trust;

/// <summary>Asks for a one-time pairing code.</summary>
[DataContract]
public sealed class NewTrustCodeRequest
{
    /// <summary>How long the code is valid; 15 minutes where absent, never more.</summary>
    [DataMember(Name = "lifetimeMs", EmitDefaultValue = false)]
    public long? LifetimeMs { get; set; }

    /// <summary>The address (<c>host:port</c>) to put into the code instead of the agent's own link address.</summary>
    [DataMember(Name = "address", EmitDefaultValue = false)]
    public string? Address { get; set; }
}
