using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs;

/// <summary>Bounds of what an admin may set of a pair.</summary>
internal static class PairSettings
{
    public const long UsualDeadlineMs = 2_000;
    private const long ShortestDeadlineMs = 10;
    private const long LongestDeadlineMs = 10 * 60_000;
    private const int MostPoints = 1;

    /// <summary>A write deadline, or null where none is asked for.</summary>
    public static long? Deadline(long? asked) => asked is null or (>= ShortestDeadlineMs and <= LongestDeadlineMs)
        ? asked
        : throw new ControlException(ErrorIds.InvalidArgument, $"A write deadline is from {ShortestDeadlineMs} to {LongestDeadlineMs} ms, not {asked}.")
        {
            Remedy = "Give a -WriteDeadline such as 2s, or leave it out.",
        };

    /// <summary>A number of points, or null where none is asked for.</summary>
    public static int? Points(int? asked) => asked is null or (>= 1 and <= MostPoints)
        ? asked
        : throw new ControlException(ErrorIds.InvalidArgument, $"This agent keeps {MostPoints} committed point of a pair, not {asked}.")
        {
            Remedy = "Leave -RetainPoints out.",
        };
}
