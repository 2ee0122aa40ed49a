using System.Net;
using Microsoft.Extensions.Logging;

namespace MirrorTools.Protocols.Nbd;

/// <summary>Serves a table of exports to NBD clients (fixed newstyle, structured replies; see docs/formats/nbd.md).</summary>
public sealed class NbdServer : IAsyncDisposable
{
    /// <summary>Creates a server that does not listen yet.</summary>
    /// <exception cref="ArgumentException">The options contradict each other, for example a public address without TLS.</exception>
    public NbdServer(NbdServerOptions options, NbdExportTable exports, ILogger<NbdServer> logger) => throw new NotImplementedException();

    /// <summary>The TCP address it listens on, with the real port; null where it does not.</summary>
    public IPEndPoint? TcpEndPoint => throw new NotImplementedException();

    /// <summary>The Unix socket it listens on; null where it does not.</summary>
    public string? UnixSocketPath => throw new NotImplementedException();

    /// <summary>The connections there are.</summary>
    public IReadOnlyList<NbdConnectionInfo> Connections => throw new NotImplementedException();

    /// <summary>Binds and listens. On return clients can connect.</summary>
    /// <exception cref="IOException">An address is in use or can't be bound.</exception>
    public ValueTask StartAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Stops listening, lets requests in flight finish within the deadline, closes all connections. Idempotent.</summary>
    public ValueTask StopAsync(TimeSpan deadline) => throw new NotImplementedException();

    /// <summary>Stops with a deadline of five seconds.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
