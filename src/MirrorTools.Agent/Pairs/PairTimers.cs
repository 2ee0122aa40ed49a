using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Pairs;

/// <summary>Shows a pair's timers, and what holds its next point back (A-2, A-3, A-8, A-13).</summary>
internal static class PairTimers
{
    /// <summary>What is set.</summary>
    public static void AddSettings(PairInfo info, PairDefinition definition)
    {
        info.RunTimerMs = (long)definition.RunTimer.TotalMilliseconds;
        info.MaximumIncrementMs = definition.IsAsyncCopy ? (long)definition.MaximumIncrement.TotalMilliseconds : null;
    }

    /// <summary>What runs, at the source's agent.</summary>
    public static void Add(PairInfo info, SourceStatus status, DateTimeOffset now)
    {
        info.IncrementState = status.IncrementState?.ToString();
        info.LastHoldMs = status.LastHold?.TotalMilliseconds;
        (info.GivenUpPoints, info.NextTryAt) = (status.GivenUpPoints > 0 ? status.GivenUpPoints : null, WireTime.Write(status.NextTryAt));
        if (status.RunTimer is { } run)
        {
            (info.RunTimerStartedAt, info.RunTimerLeftMs) = (WireTime.Write(run.StartedAt), (long)run.LeftAt(now).TotalMilliseconds);
        }

        if (status.IncrementTimer is { } increment)
        {
            (info.IncrementStartedAt, info.IncrementLeftMs) = (WireTime.Write(increment.StartedAt), (long)increment.LeftAt(now).TotalMilliseconds);
        }
    }

    /// <summary>Says why a pair that could begin a point waits, where it does.</summary>
    public static void AddBackOff(PairInfo info, SourceStatus status)
    {
        if (info is { StateErrorId: null, State: nameof(PairState.Idle) } && WhyWaiting(status) is { } why)
        {
            (info.StateErrorId, info.StateReason, info.RecommendedAction) = (ErrorIds.CycleGivenUp, why, ErrorTable.Find(ErrorIds.CycleGivenUp).Remedy);
        }
    }

    /// <summary>The same in a sentence; null where the loop does not wait for a next try.</summary>
    public static string? WhyWaiting(SourceStatus status) => status.NextTryAt is { } nextTry
        ? $"{(status.GivenUpPoints == 1 ? "A point was" : $"{status.GivenUpPoints} points were")} given up since the last commit ({status.GivenUpReason}); the next try is at {nextTry:u}."
        : null;
}
