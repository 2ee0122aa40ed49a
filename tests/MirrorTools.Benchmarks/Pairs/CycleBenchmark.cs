using System.Globalization;
using MirrorTools.Agent.Demo;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Benchmarks.Pairs;

/// <summary>What a cycle costs: 1,000 changed grains scattered over 256 GiB, nothing changed over up to 64 TiB, and the first copy of a full volume.</summary>
internal static class CycleBenchmark
{
    private const int Rounds = 3;

    /// <summary>A cycle with 1,000 changed grains scattered over a sparse volume of 256 GiB.</summary>
    public static Task ScatteredAsync(string parent, CancellationToken cancellationToken) => WithSitesAsync(parent, async sites =>
    {
        const long Length = 256L << 30;
        await SparseAsync(sites, Length, cancellationToken);
        List<double> times = [];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < 1000; i++)
            {
                byte[] data = new byte[4096];
                Random.Shared.NextBytes(data);
                await sites.Client.Volumes.WriteAsync("bench", Length / 1000 * i / 4096 * 4096, data, 0, data.Length, cancellationToken);
            }

            times.Add((await sites.CycleAsync("bench", cancellationToken)).TotalMilliseconds);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cycle, 1,000 scattered grains of 64 KiB over 256 GiB: {Median.Of(times):F0} ms (median of {Rounds})"));
    });

    /// <summary>A cycle with nothing changed over a sparse volume; sizes above 16 TiB need a directory on XFS.</summary>
    public static Task IdleAsync(string parent, long tebibytes, CancellationToken cancellationToken) => WithSitesAsync(parent, async sites =>
    {
        TimeSpan first = await SparseAsync(sites, tebibytes << 40, cancellationToken);
        List<double> times = [];
        for (int round = 0; round < Rounds * 3; round++)
        {
            times.Add((await sites.CycleAsync("bench", cancellationToken)).TotalMilliseconds);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"idle cycle over {tebibytes} TiB: {Median.Of(times):F1} ms (median of {times.Count}); first cycle of the empty volume: {first.TotalSeconds:F1} s"));
    });

    /// <summary>The first copy of a volume without a hole.</summary>
    public static Task InitialAsync(string parent, CancellationToken cancellationToken) => WithSitesAsync(parent, async sites =>
    {
        const long Length = 2L << 30;
        List<double> rates = [];
        for (int round = 0; round < Rounds; round++)
        {
            string name = "full" + round.ToString(CultureInfo.InvariantCulture);
            string source = Path.Combine(sites.Directory, name + "-source.img");
            using (FileStream image = File.Create(source))
            {
                DemoContent.Write(image, Length);
            }

            await sites.PairAsync(name, source, ScheduleKind.Manual, cancellationToken);
            rates.Add(Length / (await sites.CycleAsync(name, cancellationToken)).TotalSeconds / 1e6);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"initial copy of 2 GiB without holes, both agents on this machine: {Median.Of(rates):F0} MB/s (median of {Rounds})"));
    });

    private static async Task<TimeSpan> SparseAsync(BenchSites sites, long length, CancellationToken cancellationToken)
    {
        string source = Path.Combine(sites.Directory, "bench-source.img");
        using (FileStream image = File.Create(source))
        {
            image.SetLength(length);
        }

        await sites.PairAsync("bench", source, ScheduleKind.Manual, cancellationToken);
        return await sites.CycleAsync("bench", cancellationToken);
    }

    private static async Task WithSitesAsync(string parent, Func<BenchSites, Task> body)
    {
        string directory = Path.Combine(parent, "mirrortools-bench-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        try
        {
            await using BenchSites sites = await BenchSites.StartAsync(directory, CancellationToken.None);
            await body(sites);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
