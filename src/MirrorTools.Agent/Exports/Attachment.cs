using MirrorTools.Contracts.Volumes;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Agent.Exports;

/// <summary>A way by which hosts reach a volume: one listener with one export.</summary>
internal sealed class Attachment(AttachmentRecord record, NbdServer server, NbdExportTable exports) : IAsyncDisposable
{
    private static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(10);

    /// <summary>What is kept of it.</summary>
    public AttachmentRecord Record { get; } = record;

    /// <summary>How many hosts are connected.</summary>
    public int ConnectionCount => server.Connections.Count(connection => connection.ExportName is not null);

    /// <summary>What a client is given.</summary>
    public string Uri => server.UnixSocketPath is { } path
        ? $"nbd+unix:///{System.Uri.EscapeDataString(Record.ExportName)}?socket={path}"
        : $"{(Record.TlsCertificates is null ? "nbd" : "nbds")}://{server.TcpEndPoint}/{System.Uri.EscapeDataString(Record.ExportName)}";

    /// <summary>The contract's form.</summary>
    public AttachmentInfo ToInfo() => new()
    {
        Id = Record.Id.ToString(),
        Protocol = "Nbd",
        Uri = Uri,
        ExportName = Record.ExportName,
        SocketPath = server.UnixSocketPath,
        Address = server.TcpEndPoint?.ToString(),
        ReadOnly = Record.ReadOnly,
        AllowLocalUsers = Record.AllowLocalUsers,
        TlsCertificates = Record.TlsCertificates,
        Connections = ConnectionCount,
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await exports.RemoveAsync(Record.ExportName, DrainDeadline);
        await server.StopAsync(DrainDeadline);
    }
}
