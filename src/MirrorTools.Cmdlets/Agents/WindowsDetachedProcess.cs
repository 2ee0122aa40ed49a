using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Text;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Agents;

/// <summary>Starts a process on Windows without a console, without our handles, and out of the job that a remote session or a terminal may be.</summary>
internal static class WindowsDetachedProcess
{
    private const uint DetachedFlag = 0x8, NewProcessGroup = 0x200, BreakAwayFromJob = 0x0100_0000;
    private const int AccessDenied = 5;

    /// <summary>Starts it.</summary>
    /// <param name="command">The program and its arguments.</param>
    public static Process Start(IReadOnlyList<string> command)
    {
        var startup = new StartupInfo { Size = Marshal.SizeOf<StartupInfo>() };
        var line = new StringBuilder(CommandLine.Join(command));
        var flags = DetachedFlag | NewProcessGroup | BreakAwayFromJob;
        if (!CreateProcess(null, line, IntPtr.Zero, IntPtr.Zero, false, flags, IntPtr.Zero, null, ref startup, out var started))
        {
            var error = Marshal.GetLastWin32Error();
            throw error == AccessDenied ? BoundToJob(new Win32Exception(error)) : new Win32Exception(error);
        }

        CloseHandle(started.Thread);
        CloseHandle(started.Process);
        return Process.GetProcessById(started.ProcessId);
    }

    private static MirrorApiException BoundToJob(Win32Exception inner) => MirrorApiException.Create(
        ErrorIds.MirrorAgentDidNotStart,
        "This session does not let a process outlive it (its job forbids to break away).",
        "Run Install-MirrorAgent to run the agent as a service, or Start-MirrorAgent from a session on the machine itself.",
        nameof(ErrorCategory.PermissionDenied),
        null,
        inner);

    [DllImport("kernel32.dll", EntryPoint = "CreateProcessW", CharSet = CharSet.Unicode, SetLastError = true)]
    private static extern bool CreateProcess(
        string? application, StringBuilder commandLine, IntPtr processSecurity, IntPtr threadSecurity, bool inheritHandles, uint flags,
        IntPtr environment, string? directory, ref StartupInfo startup, out ProcessInformation started);

    [DllImport("kernel32.dll", SetLastError = true)]
    private static extern bool CloseHandle(IntPtr handle);

    [StructLayout(LayoutKind.Sequential)]
    private struct ProcessInformation
    {
        public IntPtr Process;
        public IntPtr Thread;
        public int ProcessId;
        public int ThreadId;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct StartupInfo
    {
        public int Size;
        public IntPtr Reserved, Desktop, Title;
        public int X, Y, Width, Height, WidthChars, HeightChars, FillAttribute, Flags;
        public short ShowWindow, ReservedSize;
        public IntPtr ReservedBytes, StandardInput, StandardOutput, StandardError;
    }
}
