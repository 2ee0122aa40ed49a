namespace MirrorTools.Agent.Link;

/// <summary>
/// How long to wait before the next attempt to connect: doubles from half a second to half a minute, each time by a random part of it, so that many
/// agents that lost the same peer don't come back at the same instant (F-20).
/// </summary>
internal sealed class ReconnectDelay(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private int _failures;

    /// <summary>The delay after one more failure.</summary>
    public TimeSpan Next()
    {
        double longest = Math.Min(Longest.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(_failures++, 20)));
        return TimeSpan.FromMilliseconds(longest * (0.5 + (random.NextDouble() / 2)));
    }

    /// <summary>A session stood: start over.</summary>
    public void Reset() => _failures = 0;
}
