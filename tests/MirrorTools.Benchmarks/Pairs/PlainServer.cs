using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Agent.Exports;
using MirrorTools.Agent.Storage;
using MirrorTools.Agent.Volumes;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Benchmarks.Pairs;

/// <summary>Our NBD server over an image file that is not mirrored, in a process of its own.</summary>
internal sealed class PlainServer : IDisposable
{
    private const string ExportName = "plain";

    private readonly Process _process;

    private PlainServer(Process process, string uri)
    {
        _process = process;
        Uri = uri;
    }

    public string Uri { get; }

    public static async Task<PlainServer> StartAsync(string image, string socket, CancellationToken cancellationToken)
    {
        Process process = Process.Start(Environment.ProcessPath!, ["serve-plain", image, socket]);
        for (int attempt = 0; !File.Exists(socket); attempt++)
        {
            if (process.HasExited || attempt > 1000)
            {
                throw new IOException("The plain server did not start.");
            }

            await Task.Delay(10, cancellationToken);
        }

        return new PlainServer(process, $"nbd+unix:///{ExportName}?socket={socket}");
    }

    /// <summary>The server process.</summary>
    public static async Task<int> ServeAsync(string image, string socket)
    {
        FileBlockDevice device = StorageFiles.Open(image, StorageOptions.Default);
        Volume volume = new()
        {
            Id = Guid.NewGuid(),
            Name = ExportName,
            Role = VolumeRole.Source,
            PairId = Guid.Empty,
            PairName = ExportName,
            Geometry = device.Geometry,
            GrainBytes = 65536,
            Device = device,
        };
        NbdExportTable exports = new();
        exports.Add(new VolumeExport(ExportName, volume, device, isReadOnly: false));
        await using NbdServer server = new(new NbdServerOptions { UnixSocketPath = socket }, exports, NullLogger<NbdServer>.Instance);
        await server.StartAsync(CancellationToken.None);
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
