using System.Diagnostics;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>Runs programs of the system; none of them gets a handle of the test's own process, which would keep its output open.</summary>
public static class Command
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    // A child that was left behind may keep the output open after the program has ended.
    private static readonly TimeSpan OutputDeadline = TimeSpan.FromSeconds(5);

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
        using var command = BackgroundCommand.Start(program, arguments);
        if (!command.WaitForExit(Deadline))
        {
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {Deadline}; it said: {command.Output}");
        }

        command.WaitForOutput(OutputDeadline);
        return (command.ExitCode, command.Output);
    }
}
