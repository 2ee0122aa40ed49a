using System.Diagnostics;

namespace MirrorTools.Agent.Hosting;

/// <summary>Ends this process when its parent has ended, for agents that a demo or a test starts.</summary>
internal static class ParentWatch
{
    /// <summary>Watches what the settings name, from now on.</summary>
    public static void Start(AgentSettings settings)
    {
        if (settings.DieWithParent)
        {
            _ = EndAfter(UntilInputClosesAsync());
        }

        if (settings.ParentProcessId is { } parent)
        {
            _ = EndAfter(UntilProcessEndsAsync(parent));
        }
    }

    private static async Task EndAfter(Task end)
    {
        await end;

        // At once, as a kill would: nothing may depend on a clean stop.
        Process.GetCurrentProcess().Kill();
    }

    private static async Task UntilInputClosesAsync()
    {
        await Task.Yield();
        await using var input = Console.OpenStandardInput();
        var ignored = new byte[256];
        while (await input.ReadAsync(ignored) > 0)
        {
            // What is written to us is not for us.
        }
    }

    private static async Task UntilProcessEndsAsync(int processId)
    {
        try
        {
            using var parent = Process.GetProcessById(processId);
            await parent.WaitForExitAsync();
        }
        catch (ArgumentException)
        {
            // It had ended before.
        }
    }
}
