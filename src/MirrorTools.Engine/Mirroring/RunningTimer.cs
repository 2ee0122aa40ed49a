namespace MirrorTools.Engine.Mirroring;

/// <summary>A timer that runs: what it bounds is given up when it expires.</summary>
/// <param name="StartedAt">When it began (UTC).</param>
/// <param name="Length">How long it runs.</param>
public readonly record struct RunningTimer(DateTimeOffset StartedAt, TimeSpan Length)
{
    /// <summary>When it expires (UTC).</summary>
    public DateTimeOffset ExpiresAt => StartedAt + Length;

    /// <summary>How much of it is left at an instant; zero once it has expired.</summary>
    public TimeSpan LeftAt(DateTimeOffset now) => ExpiresAt > now ? ExpiresAt - now : TimeSpan.Zero;
}
