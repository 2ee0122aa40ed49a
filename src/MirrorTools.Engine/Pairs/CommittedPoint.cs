namespace MirrorTools.Engine.Pairs;

/// <summary>A consistency point that the target holds.</summary>
/// <param name="Number">The point's number; counts up over the life of the pair. 0: none.</param>
/// <param name="Id">The point's identity.</param>
/// <param name="TakenAt">t1: the instant whose writes it holds, by the source's clock.</param>
/// <param name="CommittedAt">t2: when site 2 made it durable, by site 2's clock.</param>
public readonly record struct CommittedPoint(ulong Number, Guid Id, DateTimeOffset TakenAt, DateTimeOffset CommittedAt)
{
    /// <summary>No point was committed yet.</summary>
    public static CommittedPoint None => default;

    /// <summary>True for <see cref="None"/>.</summary>
    public bool IsNone => Number == 0;
}
