namespace MirrorTools.Engine.Pairs;

/// <summary>What a group's lead says of a point that another member has prepared (F-9).</summary>
/// <param name="Choice">The choice.</param>
/// <param name="Committed">The commit; <see cref="CommittedPoint.None"/> without one.</param>
public readonly record struct PointDecision(PointChoice Choice, CommittedPoint Committed)
{
    /// <summary>The lead has not chosen yet, or can't be asked.</summary>
    public static PointDecision Undecided => default;

    /// <summary>The lead will never commit the point; that is durable.</summary>
    public static PointDecision GivenUp => new(PointChoice.GivenUp, CommittedPoint.None);
}

/// <summary>The choices of <see cref="PointDecision"/>.</summary>
public enum PointChoice : byte
{
    /// <summary>Not known yet.</summary>
    Undecided,

    /// <summary>Committed.</summary>
    Committed,

    /// <summary>Given up.</summary>
    GivenUp,
}
