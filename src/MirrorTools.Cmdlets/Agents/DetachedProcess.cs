using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.InteropServices;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Agents;

/// <summary>Starts a process that outlives this session: in a session of its own, with no terminal and none of our handles.</summary>
internal static class DetachedProcess
{
    // The shell makes the log, lets go of the pipes that Process.Start wants, and becomes the program: the process id stays the same.
    private const string Script = "umask 077; mkdir -p \"$(dirname \"$0\")\" && exec \"$@\" </dev/null >\"$0\" 2>&1";

    /// <summary>Starts it.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="logPath">Where its output goes, on Linux.</param>
    /// <returns>The process, to see whether it ends.</returns>
    public static Process Start(IReadOnlyList<string> command, string logPath)
    {
        try
        {
            return RuntimeInformation.IsOSPlatform(OSPlatform.Windows)
                ? WindowsDetachedProcess.Start(command)
                : StartInNewSession(command, logPath);
        }
        catch (Win32Exception error)
        {
            throw MirrorApiException.Create(
                ErrorIds.MirrorAgentDidNotStart,
                $"'{command[0]}' could not be started: {error.Message}",
                "Correct the cause and run Start-MirrorAgent again.",
                nameof(ErrorCategory.OpenError),
                command[0],
                error);
        }
    }

    private static Process StartInNewSession(IReadOnlyList<string> command, string logPath)
    {
        var setsid = AgentProgram.FindOnPath("setsid");
        string[] leader = setsid is null ? ["nohup"] : [setsid];
        var start = new ProcessStartInfo
        {
            FileName = "/bin/sh",
            Arguments = CommandLine.Join(new[] { "-c", Script, logPath }.Concat(leader).Concat(command)),
            UseShellExecute = false,
            WorkingDirectory = "/",
            // Where a stream is not redirected, .NET takes the child for a user of the terminal and keeps it in the child's mode until it ends.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("The shell did not start.");
        process.StandardInput.Dispose();
        return process;
    }
}
