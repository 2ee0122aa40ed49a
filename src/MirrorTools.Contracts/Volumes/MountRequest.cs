using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Volumes;

/// <summary>Gives a volume to hosts.</summary>
[DataContract]
public sealed class MountRequest
{
    /// <summary><c>Nbd</c>.</summary>
    [DataMember(Name = "protocol")]
    public string Protocol { get => field ?? ""; set; }

    /// <summary>A Unix socket to listen on; one in the runtime directory where neither this nor an address is given.</summary>
    [DataMember(Name = "socketPath", EmitDefaultValue = false)]
    public string? SocketPath { get; set; }

    /// <summary>
    /// A TCP address to listen on, as <c>host:port</c>; port 0 chooses one. Loopback only, unless there are certificates for TLS.
    /// </summary>
    [DataMember(Name = "address", EmitDefaultValue = false)]
    public string? Address { get; set; }

    /// <summary>The export name; the volume's name where absent.</summary>
    [DataMember(Name = "exportName", EmitDefaultValue = false)]
    public string? ExportName { get; set; }

    /// <summary>True to let other users of the machine in; needed for TCP without certificates.</summary>
    [DataMember(Name = "allowLocalUsers")]
    public bool AllowLocalUsers { get; set; }

    /// <summary>
    /// A directory with <c>ca-cert.pem</c>, <c>server-cert.pem</c> and <c>server-key.pem</c>: hosts speak TLS with a certificate of that authority. Null without.
    /// </summary>
    [DataMember(Name = "tlsCertificates", EmitDefaultValue = false)]
    public string? TlsCertificates { get; set; }

    /// <summary>True to refuse writes.</summary>
    [DataMember(Name = "readOnly")]
    public bool ReadOnly { get; set; }
}
