using System.Diagnostics;

namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>Runs a client of another project. A test that needs one which is not installed is skipped.</summary>
internal static class ExternalTool
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    /// <summary>Runs the tool; fails the test unless it exits with 0. Returns what it printed.</summary>
    public static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        (int exitCode, string output) = await TryRunAsync(tool, arguments);
        Assert.True(exitCode == 0, $"{tool} {string.Join(' ', arguments)} exited with {exitCode}:\n{output}");
        return output;
    }

    public static async Task<(int ExitCode, string Output)> TryRunAsync(string tool, params string[] arguments)
    {
        Skip.If(Find(tool) is null, $"{tool} is not installed.");
        var start = new ProcessStartInfo(Find(tool)!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Deadline);
        Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{tool} {string.Join(' ', arguments)} did not end within {Deadline.TotalSeconds} s.");
        }

        return (process.ExitCode, await output + await errors);
    }

    private static string? Find(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(directory => Path.Combine(directory, tool)).FirstOrDefault(File.Exists);
}
