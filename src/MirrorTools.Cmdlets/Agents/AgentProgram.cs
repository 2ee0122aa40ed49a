using System.Management.Automation;
using System.Runtime.InteropServices;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Agents;

/// <summary>Finds the agent that came with the module: its own executable, or its library with the <c>dotnet</c> of this machine.</summary>
internal static class AgentProgram
{
    private static bool OnWindows => RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

    /// <summary>The program and the arguments that come first.</summary>
    /// <param name="moduleDirectory">Where the module is.</param>
    /// <exception cref="MirrorApiException"><see cref="ErrorIds.MirrorAgentNotFound"/></exception>
    public static IReadOnlyList<string> Locate(string moduleDirectory)
    {
        var folder = Path.Combine(moduleDirectory, "agent");
        var library = Path.Combine(folder, "mirror-agent.dll");
        if (!File.Exists(library))
        {
            throw Missing($"The agent is not in the module: there is no '{library}'.", "Install the module anew, or build it with build.ps1.", library);
        }

        // The executable finds its runtime by itself only where that is installed in the usual place; a dotnet on the PATH knows its own.
        if (FindDotnet() is { } dotnet)
        {
            return [dotnet, library];
        }

        var executable = Path.Combine(folder, OnWindows ? "mirror-agent.exe" : "mirror-agent");
        return File.Exists(executable)
            ? [executable]
            : throw Missing("There is no 'dotnet' on the PATH to run the agent with.", "Install the .NET 10 runtime with ASP.NET Core, or set DOTNET_ROOT.", "dotnet");
    }

    /// <summary>The full path of a program on the PATH; null where it is not there.</summary>
    /// <param name="name">Its name without extension.</param>
    public static string? FindOnPath(string name)
    {
        var file = OnWindows ? name + ".exe" : name;
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder.Trim('"'), file))
            .FirstOrDefault(File.Exists);
    }

    private static string? FindDotnet()
    {
        var root = Environment.GetEnvironmentVariable("DOTNET_ROOT");
        var rooted = string.IsNullOrEmpty(root) ? null : Path.Combine(root!, OnWindows ? "dotnet.exe" : "dotnet");
        return rooted is not null && File.Exists(rooted) ? rooted : FindOnPath("dotnet");
    }

    private static MirrorApiException Missing(string message, string action, string target) =>
        MirrorApiException.Create(ErrorIds.MirrorAgentNotFound, message, action, nameof(ErrorCategory.ObjectNotFound), target);
}
