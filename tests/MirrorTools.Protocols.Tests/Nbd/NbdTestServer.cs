using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Nbd.Client;

namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>A server on a Unix socket in a directory of its own.</summary>
internal sealed class NbdTestServer : IAsyncDisposable
{
    private NbdTestServer(string directory, NbdServer server, NbdExportTable exports) => (Directory, Server, Exports) = (directory, server, exports);

    public string Directory { get; }

    public NbdServer Server { get; }

    public NbdExportTable Exports { get; }

    public string SocketPath => Server.UnixSocketPath!;

    public NbdAddress Address => NbdAddress.Unix(SocketPath);

    public static Task<NbdTestServer> StartAsync(params INbdExport[] exports) => StartAsync(path => new NbdServerOptions { UnixSocketPath = path }, exports);

    public static async Task<NbdTestServer> StartAsync(Func<string, NbdServerOptions> options, params INbdExport[] exports)
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("mt-nbd-").FullName;
        var table = new NbdExportTable();
        foreach (INbdExport export in exports)
        {
            table.Add(export);
        }

        var server = new NbdServer(options(Path.Combine(directory, "s")), table, NullLogger<NbdServer>.Instance);
        await server.StartAsync(CancellationToken.None);
        return new NbdTestServer(directory, server, table);
    }

    public Task<NbdClient> ConnectAsync(string export, NbdClientOptions? options = null) =>
        NbdClient.ConnectAsync(Address, options ?? ClientOptions(export), CancellationToken.None);

    public static NbdClientOptions ClientOptions(string export, bool structured = true) => new()
    {
        ExportName = export,
        StructuredReplies = structured,
        MetaContexts = structured ? [NbdMetaContexts.BaseAllocation, NbdMetaContexts.Copied, NbdMetaContexts.Future] : [],
    };

    /// <summary>The address in the form that other clients take.</summary>
    public string Uri(string export) => $"nbd+unix:///{export}?socket={SocketPath}";

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
