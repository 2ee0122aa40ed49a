namespace MirrorTools.Engine.Pairs;

/// <summary>A group's point that this member has made durable, and that another member decides (F-9): until the choice is known it is neither committed nor given up.</summary>
/// <param name="Number">The point's number; 0: none.</param>
/// <param name="TakenAt">t1; with the number it tells the point from one of another generation.</param>
/// <param name="Lead">The pair whose commit decides for the group.</param>
public readonly record struct PreparedPoint(ulong Number, DateTimeOffset TakenAt, Guid Lead)
{
    /// <summary>Nothing is prepared.</summary>
    public static PreparedPoint None => default;

    /// <summary>True for <see cref="None"/>.</summary>
    public bool IsNone => Number == 0;
}
