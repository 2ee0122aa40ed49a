using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Volumes;

/// <summary>A way by which hosts reach a volume.</summary>
[DataContract]
public sealed class AttachmentInfo
{
    /// <summary>Its id.</summary>
    [DataMember(Name = "id")]
    public string Id { get => field ?? ""; set; }

    /// <summary><c>Nbd</c>.</summary>
    [DataMember(Name = "protocol")]
    public string Protocol { get => field ?? ""; set; }

    /// <summary>What a client is given, such as <c>nbd+unix:///sales?socket=/run/…</c>.</summary>
    [DataMember(Name = "uri")]
    public string Uri { get => field ?? ""; set; }

    /// <summary>The export name.</summary>
    [DataMember(Name = "exportName")]
    public string ExportName { get => field ?? ""; set; }

    /// <summary>The Unix socket.</summary>
    [DataMember(Name = "socketPath", EmitDefaultValue = false)]
    public string? SocketPath { get; set; }

    /// <summary>The TCP address, as <c>host:port</c>.</summary>
    [DataMember(Name = "address", EmitDefaultValue = false)]
    public string? Address { get; set; }

    /// <summary>The directory of the certificates for TLS; null without.</summary>
    [DataMember(Name = "tlsCertificates", EmitDefaultValue = false)]
    public string? TlsCertificates { get; set; }

    /// <summary>True if hosts cannot write.</summary>
    [DataMember(Name = "readOnly")]
    public bool ReadOnly { get; set; }

    /// <summary>True if other users of the machine may connect.</summary>
    [DataMember(Name = "allowLocalUsers")]
    public bool AllowLocalUsers { get; set; }

    /// <summary>How many clients are connected.</summary>
    [DataMember(Name = "connections")]
    public int Connections { get; set; }
}
