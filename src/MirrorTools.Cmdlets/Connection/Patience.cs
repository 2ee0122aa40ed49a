using System.Diagnostics;

namespace MirrorTools.Cmdlets.Connection;

/// <summary>How much longer a wait may take.</summary>
internal sealed class Patience
{
    private readonly Stopwatch _waited = Stopwatch.StartNew();
    private readonly TimeSpan? _limit;

    /// <summary>Starts to count.</summary>
    /// <param name="limit">How long it may take; for ever where null.</param>
    public Patience(TimeSpan? limit) => _limit = limit;

    /// <summary>How long it took so far.</summary>
    public TimeSpan Waited => _waited.Elapsed;

    /// <summary>True when the time is over.</summary>
    public bool IsOver => Left <= TimeSpan.Zero;

    /// <summary>What is left; a long time where there is no limit.</summary>
    public TimeSpan Left => _limit is { } limit ? limit - _waited.Elapsed : TimeSpan.FromDays(1);

    /// <summary>The shorter of what is left and another duration, never negative.</summary>
    /// <param name="duration">The other duration.</param>
    public TimeSpan AtMost(TimeSpan duration)
    {
        var left = Left;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < duration ? left : duration;
    }
}
