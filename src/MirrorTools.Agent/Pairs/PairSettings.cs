using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Pairs;
using CopyService = MirrorTools.Contracts.Pairs.CopyService;

namespace MirrorTools.Agent.Pairs;

/// <summary>Bounds of what an admin may set of a pair.</summary>
internal static class PairSettings
{
    public const long UsualDeadlineMs = 2_000;
    public const long UsualRunTimerMs = 2_000;
    public const long UsualMaximumIncrementMs = 3_600_000;
    private const long ShortestDeadlineMs = 10;
    private const long LongestDeadlineMs = 10 * 60_000;

    // No agent holds its writes for longer, whatever it is told.
    private const long LongestRunTimerMs = 30_000;
    private const long ShortestIncrementMs = 1_000;
    private const long LongestIncrementMs = 30L * 24 * 3_600_000;

    /// <summary>A write deadline, or null where none is asked for.</summary>
    public static long? Deadline(long? asked) => asked is null or (>= ShortestDeadlineMs and <= LongestDeadlineMs)
        ? asked
        : throw new ControlException(ErrorIds.InvalidArgument, $"A write deadline is from {ShortestDeadlineMs} to {LongestDeadlineMs} ms, not {asked}.")
        {
            Remedy = "Give a -WriteDeadline such as 2s, or leave it out.",
        };

    /// <summary>A run timer, or null where none is asked for (A-2).</summary>
    public static long? RunTimer(long? asked) => asked is null or (>= ShortestDeadlineMs and <= LongestRunTimerMs)
        ? asked
        : throw new ControlException(ErrorIds.InvalidArgument, $"A run timer is from {ShortestDeadlineMs} to {LongestRunTimerMs} ms, not {asked}: hosts' writes wait for as long.")
        {
            Remedy = "Give a -RunTimer such as 2s, or leave it out.",
        };

    /// <summary>A maximum increment timer, or null where none is asked for (A-3).</summary>
    public static long? MaximumIncrement(long? asked) => asked is null or (>= ShortestIncrementMs and <= LongestIncrementMs)
        ? asked
        : throw new ControlException(
            ErrorIds.InvalidArgument, $"An increment may take from {ShortestIncrementMs} ms to {LongestIncrementMs} ms (30 days) before it is given up, not {asked} ms.")
        {
            Remedy = "Give a -MaximumIncrement such as 1h, or leave it out.",
        };

    /// <summary>A number of points, or null where none is asked for; only AsyncCopy keeps more than the last committed one (A-10).</summary>
    public static int? Points(CopyService service, int? asked)
    {
        var most = service == CopyService.AsyncCopy ? PairRecord.MaximumRecentPoints : 1;
        return asked is null || (asked >= 1 && asked <= most)
            ? asked
            : throw new ControlException(ErrorIds.InvalidArgument, $"A pair of {service} keeps {(most == 1 ? "1 committed point" : $"1 to {most} committed points")}, not {asked}.")
            {
                Remedy = most == 1 ? "Leave -RetainPoints out." : $"Give a -RetainPoints from 1 to {most}, or leave it out.",
            };
    }
}
