using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>Waits with a deadline: what never comes fails its test by name, instead of standing still for all of them.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Waits for a condition, of another process for instance.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition().InTime())
        {
            Assert.True(waited.Elapsed < Deadline, $"Not within {Deadline}: {what}");
            await Task.Delay(20);
        }
    }

    /// <summary>The task's result; fails the test where it does not come in time.</summary>
    public static async Task<T> InTime<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await ((Task)task).InTime(what);
        return await task;
    }

    /// <summary>Waits for the task; fails the test where it does not end in time.</summary>
    public static async Task InTime(this Task task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        // Twice the time that a condition has, so that of two waits the inner one tells.
        if (await Task.WhenAny(task, Task.Delay(Deadline * 2)) != task)
        {
            Assert.Fail($"Not within {Deadline * 2}: {what}");
        }

        await task;
    }
}
