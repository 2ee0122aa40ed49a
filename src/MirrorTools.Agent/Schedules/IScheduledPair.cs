namespace MirrorTools.Agent.Schedules;

/// <summary>A port: what a schedule needs of a pair.</summary>
public interface IScheduledPair
{
    /// <summary>True while a cycle runs.</summary>
    bool IsCycleRunning { get; }

    /// <summary>The t1 of the last point, committed or not; null before the first.</summary>
    DateTimeOffset? LastPointTime { get; }

    /// <summary>Takes a point and starts its cycle; fails with a documented error.</summary>
    Task StartScheduledCycleAsync(CancellationToken cancellationToken);

    /// <summary>Completes when no cycle runs, the pair mirrors, and something changed since the last point.</summary>
    Task WaitForChangeAsync(CancellationToken cancellationToken);
}
