using System.Diagnostics;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>Runs a program of the system to its end.</summary>
public static class Command
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>True where a program of this name is on the path.</summary>
    public static bool Exists(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Append("/usr/sbin").Append("/sbin").Any(directory => File.Exists(Path.Combine(directory, program)));

    /// <summary>True where tests may mount and make loop devices.</summary>
    public static bool IsRoot => Environment.UserName == "root";

    /// <summary>What the program printed; fails the test where it exits with anything but 0.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var (exitCode, output) = TryRun(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} exited with {exitCode}: {output}");
        return output;
    }

    /// <summary>Exit code and what the program printed, errors included.</summary>
    public static (int ExitCode, string Output) TryRun(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Deadline))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {Deadline}.");
        }

        return (process.ExitCode, output.Result + errors.Result);
    }
}
