namespace MirrorTools.Agent.Exports;

/// <summary>What <c>attachments.json</c> keeps of an attachment, so that a restart brings it back at the same place.</summary>
/// <param name="Id">Its id.</param>
/// <param name="VolumeId">The volume.</param>
/// <param name="ExportName">The export name.</param>
/// <param name="SocketPath">The Unix socket, or null.</param>
/// <param name="Address">The TCP address with its real port, or null.</param>
/// <param name="ReadOnly">True to refuse writes.</param>
/// <param name="AllowLocalUsers">True where other users of the machine may connect.</param>
/// <param name="TlsCertificates">The directory of the certificates for TLS; null without.</param>
internal sealed record AttachmentRecord(
    Guid Id, Guid VolumeId, string ExportName, string? SocketPath, string? Address, bool ReadOnly, bool AllowLocalUsers,
    string? TlsCertificates = null);
