using System.Globalization;
using System.Text.Json;
using MirrorTools.Agent.Demo;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Groups;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Benchmarks.Pairs;

/// <summary>
/// What increments of asynchronous copy cost a host: fio 4k random writes at queue depth 32 over the volumes of a group, with no increment and with increments back to back, in turn, three times over. How
/// long writes were held for each point, and the latency of the writes; p50 and p99.
/// </summary>
internal static class HoldBenchmark
{
    private const long ImageBytes = 256L << 20;
    private const int Rounds = 3;

    /// <summary>Measures a group of so many volumes.</summary>
    /// <param name="volumes">How many volumes.</param>
    /// <param name="seconds">How long each run takes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(int volumes, int seconds, CancellationToken cancellationToken)
    {
        string directory = Directory.CreateTempSubdirectory("mirrortools-hold-").FullName;
        try
        {
            await using BenchSites sites = await BenchSites.StartAsync(directory, cancellationToken);
            string[] pairs = [.. Enumerable.Range(0, volumes).Select(static index => $"v{index}")];
            List<string> uris = [];
            foreach (string pair in pairs)
            {
                string source = Path.Combine(directory, pair + ".img");
                using (FileStream image = File.Create(source))
                {
                    image.SetLength(ImageBytes);
                }

                await sites.PairAsync(pair, source, ScheduleKind.Manual, cancellationToken, CopyService.AsyncCopy);
            }

            if (volumes > 1)
            {
                await sites.Client.Groups.CreateAsync(new NewGroupRequest { Name = "all", Pairs = [.. pairs] }, cancellationToken);
            }

            await sites.CycleAsync(pairs[0], cancellationToken);
            foreach (string pair in pairs)
            {
                uris.Add(await sites.MountAsync(pair, cancellationToken));
            }

            await MeasureAsync(sites, uris, isBusy: false, 1, cancellationToken);
            List<Latency> quiet = [];
            List<Latency> busy = [];
            List<double> held = [];
            for (int round = 0; round < Rounds; round++)
            {
                quiet.Add((await MeasureAsync(sites, uris, isBusy: false, seconds, cancellationToken)).Latency);
                (Latency latency, List<double> windows) = await MeasureAsync(sites, uris, isBusy: true, seconds, cancellationToken);
                busy.Add(latency);
                held.AddRange(windows);
            }

            held.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{volumes} volumes, 4k randwrite, queue depth 32 in all, {held.Count} increments"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  writes held        p50 {At(held, 0.5),8:F3} ms   p99 {At(held, 0.99),8:F3} ms   longest {held[^1],8:F3} ms"));
            Print("no increment", quiet);
            Print("back to back", busy);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Print(string name, List<Latency> runs) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"  {name,-18} p50 {Median.Of(runs.Select(run => run.Half)),8:F3} ms   p99 {Median.Of(runs.Select(run => run.NearlyAll)),8:F3} ms   {Median.Of(runs.Select(run => run.PerSecond)),8:F0} writes/s"));

    private static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static async Task<(Latency Latency, List<double> Held)> MeasureAsync(
        BenchSites sites, List<string> uris, bool isBusy, int seconds, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<List<double>> increments = isBusy ? IncrementsUntilAsync(sites, stop.Token) : Task.FromResult<List<double>>([]);
        Latency latency = await WriteAsync(uris, seconds, cancellationToken);
        await stop.CancelAsync();
        return (latency, await increments);
    }

    private static async Task<List<double>> IncrementsUntilAsync(BenchSites sites, CancellationToken stop)
    {
        List<double> held = [];
        while (!stop.IsCancellationRequested)
        {
            CycleInfo cycle = await sites.Client.Cycles.StartAsync("v0", new StartCycleRequest(), CancellationToken.None);
            while ((cycle = await sites.Client.Cycles.GetAsync("v0", cycle.Number, CancellationToken.None)).EndedAt is null)
            {
                await Task.Delay(5, CancellationToken.None);
            }

            held.Add(cycle.HoldMs ?? 0);
        }

        return held;
    }

    // One job a volume; the queue depth is that of all together.
    private static async Task<Latency> WriteAsync(List<string> uris, int seconds, CancellationToken cancellationToken)
    {
        List<string> arguments =
        [
            "--ioengine=nbd", "--rw=randwrite", "--bs=4k", $"--iodepth={Math.Max(1, 32 / uris.Count)}", "--time_based", $"--runtime={seconds}", "--randrepeat=0", "--norandommap",
            "--group_reporting", "--output-format=json",
        ];
        for (int index = 0; index < uris.Count; index++)
        {
            arguments.AddRange([$"--name=v{index}", "--uri=" + uris[index]]);
        }

        (int code, string output) = await ExternalProgram.RunAsync(ExternalProgram.Find("fio") ?? throw new IOException("fio is not installed."), [.. arguments], cancellationToken);
        int json = output.IndexOf('{', StringComparison.Ordinal);
        if (code != 0 || json < 0)
        {
            throw new IOException($"fio failed with {code}: {output}");
        }

        using JsonDocument document = JsonDocument.Parse(output[json..(output.LastIndexOf('}') + 1)]);
        JsonElement write = document.RootElement.GetProperty("jobs")[0].GetProperty("write");
        JsonElement percentiles = write.GetProperty("clat_ns").GetProperty("percentile");
        return new Latency(
            percentiles.GetProperty("50.000000").GetDouble() / 1e6, percentiles.GetProperty("99.000000").GetDouble() / 1e6, write.GetProperty("iops").GetDouble());
    }

    private sealed record Latency(double Half, double NearlyAll, double PerSecond);
}
