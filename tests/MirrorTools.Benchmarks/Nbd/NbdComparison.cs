using System.Diagnostics;

namespace MirrorTools.Benchmarks.Nbd;

/// <summary>
/// <c>nbd-compare DIRECTORY [SECONDS] [ROUNDS] [NAME=SOCKET ...]</c>: the same workloads against our server, qemu-nbd and nbdkit over one warm file of random bytes,
/// and against the export of that size on each socket named, run by run in turn so that all meet the same noise. Prints medians, and ratios of rates taken within each round.
/// </summary>
internal sealed class NbdComparison : IDisposable
{
    public const string ExportName = "x";
    public const long FileBytes = 512L << 20;

    private readonly List<Process> _servers = [];
    private readonly List<(string Name, string Uri)> _targets = [];
    private readonly string _directory;

    private NbdComparison(string directory) => _directory = directory;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length == 0)
        {
            Console.Error.WriteLine("nbd-compare DIRECTORY [SECONDS] [ROUNDS] [NAME=SOCKET ...]");
            return 2;
        }

        int seconds = arguments.Length > 1 ? int.Parse(arguments[1], System.Globalization.CultureInfo.InvariantCulture) : 5;
        int rounds = arguments.Length > 2 ? int.Parse(arguments[2], System.Globalization.CultureInfo.InvariantCulture) : 3;
        using var comparison = new NbdComparison(Path.GetFullPath(arguments[0]));
        await comparison.StartAsync(arguments.Skip(3));
        foreach (NbdWorkload workload in NbdWorkload.All)
        {
            await comparison.CompareAsync(workload, seconds, rounds);
        }

        return 0;
    }

    public void Dispose()
    {
        foreach (Process server in _servers)
        {
            server.Kill(entireProcessTree: true);
            server.Dispose();
        }
    }

    private async Task StartAsync(IEnumerable<string> others)
    {
        Directory.CreateDirectory(_directory);
        string file = Path.Combine(_directory, "volume.img");
        WriteRandomFile(file);
        await StartServerAsync("mirrortools", Environment.ProcessPath!, socket => ["nbd-serve", file, socket]);
        await StartServerAsync("qemu-nbd", "qemu-nbd", socket => ["-f", "raw", "--cache=writeback", "-e", "16", "-t", "-x", ExportName, "-k", socket, file]);
        await StartServerAsync("nbdkit", "nbdkit", socket => ["-f", "-U", socket, "file", file]);
        foreach (string[] other in others.Select(text => text.Split('=', 2)))
        {
            _targets.Add((other[0], Uri(other[1])));
        }
    }

    private async Task StartServerAsync(string name, string program, Func<string, string[]> arguments)
    {
        string socket = Path.Combine(_directory, name + ".sock");
        File.Delete(socket);
        _servers.Add(Process.Start(new ProcessStartInfo(program, arguments(socket)) { RedirectStandardInput = true })
            ?? throw new InvalidOperationException($"{program} does not start."));
        long giveUpAtMs = Environment.TickCount64 + 10_000;
        while (!Path.Exists(socket))
        {
            if (Environment.TickCount64 > giveUpAtMs)
            {
                throw new TimeoutException($"{program} does not listen on '{socket}'.");
            }

            await Task.Delay(20);
        }

        _targets.Add((name, Uri(socket)));
    }

    private async Task CompareAsync(NbdWorkload workload, int seconds, int rounds)
    {
        var results = _targets.ToDictionary(target => target.Name, _ => new List<FioResult>());
        for (int round = 0; round < rounds; round++)
        {
            foreach ((string name, string uri) in _targets)
            {
                results[name].Add(await FioResult.RunAsync(workload, uri, seconds));
            }
        }

        Console.WriteLine(workload);
        foreach ((string name, _) in _targets)
        {
            double rate = Median.Of(results[name].Select(result => result.RequestsPerSecond));
            double ratio = Median.Of(results[name].Zip(results["qemu-nbd"], (mine, qemu) => mine.RequestsPerSecond / qemu.RequestsPerSecond));
            Console.WriteLine(FormattableString.Invariant(
                $"  {name,-12} {rate,9:0}/s {rate * workload.BlockBytes / (1 << 20),7:0} MiB/s  median {Median.Of(results[name].Select(result => result.MedianMicroseconds)),7:0} us  {ratio,5:0.00} x qemu-nbd"));
        }
    }

    private static string Uri(string socket) => $"nbd+unix:///{ExportName}?socket={socket}";

    private static void WriteRandomFile(string path)
    {
        byte[] block = new byte[1 << 20];
        var random = new Random(1);
        using FileStream file = File.Create(path);
        for (long written = 0; written < FileBytes; written += block.Length)
        {
            random.NextBytes(block);
            file.Write(block);
        }
    }
}
