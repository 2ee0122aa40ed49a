using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Tests.Nbd;

namespace MirrorTools.Benchmarks.Nbd;

/// <summary><c>nbd-serve FILE SOCKET</c>: the NBD server over one file, with nothing else of the product in the way, until SIGTERM.</summary>
internal static class NbdServeCommand
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [string file, string socket])
        {
            Console.Error.WriteLine("nbd-serve FILE SOCKET");
            return 2;
        }

        var exports = new NbdExportTable();
        using var export = new FileExport(NbdComparison.ExportName, file, new FileInfo(file).Length);
        exports.Add(export);
        await using var server = new NbdServer(new NbdServerOptions { UnixSocketPath = socket }, exports, NullLogger<NbdServer>.Instance);
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.TrySetResult();
        });
        await server.StartAsync(CancellationToken.None);
        await stop.Task;
        return 0;
    }
}
