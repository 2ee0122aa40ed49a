using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// How long the loop waits after points that were given up one after another: twice as long each time, up to a bound, and from the beginning after a commit. What an admin
/// starts does not wait for it. On the pair's scheduler.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class BackOff(TimeProvider time)
{
    /// <summary>The wait after the first point that was given up.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>The wait that is not exceeded.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>How many points were given up since the last commit.</summary>
    public int GivenUp { get; private set; }

    /// <summary>Why the last one was; null where there is none.</summary>
    public string? Reason { get; private set; }

    /// <summary>When the loop may try again; null where it does not wait, or tries just now.</summary>
    public DateTimeOffset? NextTryAt { get; private set; }

    /// <summary>A point was given up. One that an admin stopped says nothing of the next one.</summary>
    public void OnGivenUp(string reason)
    {
        if (reason == nameof(SuspendReason.Requested))
        {
            return;
        }

        TimeSpan pause = Shortest * Math.Pow(2, Math.Min(GivenUp, 30));
        NextTryAt = time.GetUtcNow() + (pause < Longest ? pause : Longest);
        (GivenUp, Reason) = (GivenUp + 1, reason);
    }

    /// <summary>A point is taken, whoever asked for it.</summary>
    public void OnTaken() => NextTryAt = null;

    /// <summary>A point was committed, or an admin has removed the cause.</summary>
    public void Reset() => (GivenUp, Reason, NextTryAt) = (0, null, null);
}
