using System.Diagnostics;
using System.Text.Json;

namespace MirrorTools.Benchmarks.Nbd;

/// <summary>One run of fio.</summary>
/// <param name="RequestsPerSecond">Completed requests per second.</param>
/// <param name="MedianMicroseconds">Half of the requests took at most this long.</param>
internal readonly record struct FioResult(double RequestsPerSecond, double MedianMicroseconds)
{
    /// <summary>Runs fio's nbd engine against a URI.</summary>
    public static async Task<FioResult> RunAsync(NbdWorkload workload, string uri, int seconds)
    {
        var start = new ProcessStartInfo("fio",
        [
            "--name=run", "--ioengine=nbd", $"--uri={uri}", $"--rw={workload.Pattern}", $"--bs={workload.BlockBytes}", $"--iodepth={workload.Depth}",
            "--time_based", $"--runtime={seconds}", $"--size={NbdComparison.FileBytes}", "--randrepeat=0", "--norandommap", "--output-format=json",
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        using Process fio = Process.Start(start) ?? throw new InvalidOperationException("fio does not start.");
        Task<string> errors = fio.StandardError.ReadToEndAsync();
        string output = await fio.StandardOutput.ReadToEndAsync();
        await fio.WaitForExitAsync();
        if (fio.ExitCode != 0)
        {
            throw new InvalidOperationException($"fio exited with {fio.ExitCode} on {uri}: {await errors}");
        }

        JsonElement job = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]).RootElement.GetProperty("jobs")[0];
        JsonElement side = job.GetProperty(workload.Pattern.Contains("read", StringComparison.Ordinal) ? "read" : "write");
        return new FioResult(
            side.GetProperty("iops").GetDouble(), side.GetProperty("clat_ns").GetProperty("percentile").GetProperty("50.000000").GetDouble() / 1000);
    }
}
