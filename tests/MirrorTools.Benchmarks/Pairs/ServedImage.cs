using System.Diagnostics;

namespace MirrorTools.Benchmarks.Pairs;

/// <summary>A server process of a peer over an image file, on a Unix socket.</summary>
internal sealed class ServedImage : IDisposable
{
    private readonly Process _process;

    private ServedImage(Process process, string uri)
    {
        _process = process;
        Uri = uri;
    }

    public string Uri { get; }

    /// <summary>Starts <c>qemu-nbd</c> with the host's page cache, as our server uses it.</summary>
    public static Task<ServedImage> QemuAsync(string program, string image, string socket, CancellationToken cancellationToken) =>
        StartAsync(program, ["-f", "raw", "--cache=writeback", "-e", "16", "-t", "-k", socket, image], socket, cancellationToken);

    /// <summary>Starts <c>nbdkit file</c>.</summary>
    public static Task<ServedImage> NbdkitAsync(string program, string image, string socket, CancellationToken cancellationToken) =>
        StartAsync(program, ["-f", "-U", socket, "file", image], socket, cancellationToken);

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task<ServedImage> StartAsync(string program, string[] arguments, string socket, CancellationToken cancellationToken)
    {
        Process process = Process.Start(program, arguments);
        for (int attempt = 0; !File.Exists(socket); attempt++)
        {
            if (process.HasExited || attempt > 500)
            {
                throw new IOException($"{program} did not start.");
            }

            await Task.Delay(10, cancellationToken);
        }

        return new ServedImage(process, "nbd+unix:///?socket=" + socket);
    }
}
