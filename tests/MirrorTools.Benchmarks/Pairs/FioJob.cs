using System.Globalization;
using System.Text.Json;
using MirrorTools.Agent.Demo;

namespace MirrorTools.Benchmarks.Pairs;

/// <summary>One workload of fio's NBD engine.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Pattern">fio's <c>rw</c>.</param>
/// <param name="BlockSize">fio's <c>bs</c>.</param>
/// <param name="Depth">Requests in flight.</param>
internal sealed record FioJob(string Name, string Pattern, string BlockSize, int Depth)
{
    /// <summary>The workloads that are compared.</summary>
    public static IReadOnlyList<FioJob> All { get; } =
    [
        new("4k randwrite qd1", "randwrite", "4k", 1),
        new("4k randwrite qd32", "randwrite", "4k", 32),
        new("4k randread qd32", "randread", "4k", 32),
        new("64k randwrite qd16", "randwrite", "64k", 16),
        new("1M write qd8", "write", "1M", 8),
        new("1M read qd8", "read", "1M", 8),
    ];

    /// <summary>Runs the workload against an export and returns MB/s.</summary>
    public async Task<double> RunAsync(string uri, int seconds, CancellationToken cancellationToken)
    {
        string fio = ExternalProgram.Find("fio") ?? throw new IOException("fio is not installed.");
        (int code, string output) = await ExternalProgram.RunAsync(
            fio,
            [
                "--name=x", "--ioengine=nbd", "--uri=" + uri, "--rw=" + Pattern, "--bs=" + BlockSize, "--iodepth=" + Depth.ToString(CultureInfo.InvariantCulture),
                "--time_based", "--runtime=" + seconds.ToString(CultureInfo.InvariantCulture), "--randrepeat=0", "--norandommap", "--output-format=json",
            ],
            cancellationToken);
        int json = output.IndexOf('{', StringComparison.Ordinal);
        if (code != 0 || json < 0)
        {
            throw new IOException($"fio failed with {code} on {uri}: {output}");
        }

        using JsonDocument document = JsonDocument.Parse(output[json..(output.LastIndexOf('}') + 1)]);
        JsonElement job = document.RootElement.GetProperty("jobs")[0];
        string side = Pattern.Contains("read", StringComparison.Ordinal) ? "read" : "write";
        return job.GetProperty(side).GetProperty("bw_bytes").GetDouble() / 1e6;
    }
}
