using System.Runtime.InteropServices;
using MirrorTools.Agent.Exports;
using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.Storage;
using MirrorTools.Agent.Volumes;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Agent.Commands;

/// <summary>Serves one file or device by NBD without mirroring it, until it is stopped: to look into an exported point, or to compare with a mirrored volume.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var (path, socket, access) = Read(arguments);
        using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
        await using var device = StorageFiles.Open(path, new StorageOptions { Access = access });
        var volume = new Volume
        {
            Id = Guid.NewGuid(),
            Name = Path.GetFileName(path),
            Role = VolumeRole.Source,
            PairId = Guid.Empty,
            PairName = path,
            Geometry = device.Geometry,
            GrainBytes = 0,
            Device = device,
        };
        var exports = new NbdExportTable();
        exports.Add(new VolumeExport("", volume, device, access == StorageAccess.ReadOnly));
        await using var server = new NbdServer(new NbdServerOptions { UnixSocketPath = socket }, exports, loggers.CreateLogger<NbdServer>());
        AgentHost.PreparePool();
        await server.StartAsync(CancellationToken.None);
        Console.WriteLine($"nbd+unix:///?socket={socket}");
        await SignalAsync();
        return ExitCodes.Success;
    }

    private static (string Path, string Socket, StorageAccess Access) Read(string[] arguments)
    {
        string? path = null, socket = null;
        var access = StorageAccess.ReadWrite;
        for (var options = new OptionReader(arguments); options.Next();)
        {
            switch (options.Current)
            {
                case "--file": path = Path.GetFullPath(options.Text()); break;
                case "--socket": socket = Path.GetFullPath(options.Text()); break;
                case "--read-only": access = StorageAccess.ReadOnly; break;
                default: throw options.Unknown();
            }
        }

        return (path ?? throw new UsageException("'--file' is missing."), socket ?? throw new UsageException("'--socket' is missing."), access);
    }

    private static async Task SignalAsync()
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        await stop.Task;
    }
}
