using System.Diagnostics;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>Waits for a condition of another process, with a deadline.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < Deadline, $"Not within {Deadline}: {what}");
            await Task.Delay(20);
        }
    }
}
