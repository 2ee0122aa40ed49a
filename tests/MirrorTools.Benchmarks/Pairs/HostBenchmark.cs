using System.Globalization;
using MirrorTools.Agent.Demo;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Benchmarks.Pairs;

/// <summary>
/// What a host sees: each workload on a plain export of ours, a mirrored and idle one, one during cycles, <c>qemu-nbd</c> and <c>nbdkit file</c>, in turn, three
/// times over; medians, and ratios to qemu-nbd of the same round.
/// </summary>
internal static class HostBenchmark
{
    private const long ImageBytes = 1L << 30;
    private const int Rounds = 3;
    private const string NbdkitName = "nbdkit file";

    /// <summary>Runs the workloads.</summary>
    /// <param name="seconds">How long each run of one takes.</param>
    /// <param name="wanted">What the names of the workloads begin with; all where there is none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(int seconds, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        string directory = Directory.CreateTempSubdirectory("mirrortools-bench-").FullName;
        try
        {
            string Image(string name)
            {
                string path = Path.Combine(directory, name + ".img");
                using FileStream image = File.Create(path);
                DemoContent.Write(image, ImageBytes);
                return path;
            }

            await using BenchSites sites = await BenchSites.StartAsync(directory, cancellationToken);
            await sites.PairAsync("idle", Image("idle"), ScheduleKind.Manual, cancellationToken);
            await sites.PairAsync("busy", Image("busy"), ScheduleKind.Manual, cancellationToken);
            await sites.CycleAsync("idle", cancellationToken);
            await sites.CycleAsync("busy", cancellationToken);
            using PlainServer plain = await PlainServer.StartAsync(Image("plain"), Path.Combine(directory, "plain.sock"), cancellationToken);
            using ServedImage qemu = await ServedImage.QemuAsync(Program("qemu-nbd"), Image("qemu"), Path.Combine(directory, "qemu.sock"), cancellationToken);
            using ServedImage nbdkit = await ServedImage.NbdkitAsync(Program("nbdkit"), Image("nbdkit"), Path.Combine(directory, "nbdkit.sock"), cancellationToken);
            (string Name, string Uri)[] servers =
            [
                ("plain", plain.Uri),
                ("mirrored, idle", await sites.MountAsync("idle", cancellationToken)),
                ("during cycles", await sites.MountAsync("busy", cancellationToken)),
                (NbdkitName, nbdkit.Uri),
                ("qemu-nbd", qemu.Uri),
            ];
            foreach (FioJob job in FioJob.All.Where(job => wanted.Count == 0 || wanted.Any(name => job.Name.StartsWith(name, StringComparison.Ordinal))))
            {
                await CompareAsync(job, servers, sites, seconds, cancellationToken);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task CompareAsync(FioJob job, (string Name, string Uri)[] servers, BenchSites sites, int seconds, CancellationToken cancellationToken)
    {
        Dictionary<string, List<double>> results = servers.ToDictionary(server => server.Name, _ => new List<double>());
        for (int round = 0; round <= Rounds; round++)
        {
            foreach ((string name, string uri) in servers)
            {
                using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                Task cycles = name == "during cycles" ? CycleUntilAsync(sites, stop.Token) : Task.CompletedTask;
                double rate = await RateAsync(job, name, uri, round == 0 ? 1 : seconds, cancellationToken);
                await stop.CancelAsync();
                await cycles;
                if (round > 0)
                {
                    results[name].Add(rate);
                }
            }
        }

        List<double> peer = results["qemu-nbd"];
        Console.WriteLine(job.Name);
        foreach ((string name, List<double> rates) in results)
        {
            double ratio = Median.Of(rates.Zip(peer, (rate, other) => rate / other));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-16} {Median.Of(rates),9:F1} MB/s   {ratio,5:F2} x qemu-nbd"));
        }
    }

    // A peer that does not stand a workload is told as 0 MB/s; the others go on.
    private static async Task<double> RateAsync(FioJob job, string name, string uri, int seconds, CancellationToken cancellationToken)
    {
        try
        {
            return await job.RunAsync(uri, seconds, cancellationToken);
        }
        catch (IOException failure) when (name == NbdkitName)
        {
            Console.Error.WriteLine($"{name}: {failure.Message.Split('\n').Skip(1).FirstOrDefault()}");
            return 0;
        }
    }

    private static async Task CycleUntilAsync(BenchSites sites, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await sites.CycleAsync("busy", CancellationToken.None);
        }
    }

    private static string Program(string name) => ExternalProgram.Find(name) ?? throw new IOException($"{name} is not installed.");
}
