using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Pairs;
using CopyService = MirrorTools.Contracts.Pairs.CopyService;

namespace MirrorTools.Agent.Pairs;

/// <summary>Bounds of what an admin may set of a pair.</summary>
internal static class PairSettings
{
    public const long UsualDeadlineMs = 2_000;
    private const long ShortestDeadlineMs = 10;
    private const long LongestDeadlineMs = 10 * 60_000;

    /// <summary>A write deadline, or null where none is asked for.</summary>
    public static long? Deadline(long? asked) => asked is null or (>= ShortestDeadlineMs and <= LongestDeadlineMs)
        ? asked
        : throw new ControlException(ErrorIds.InvalidArgument, $"A write deadline is from {ShortestDeadlineMs} to {LongestDeadlineMs} ms, not {asked}.")
        {
            Remedy = "Give a -WriteDeadline such as 2s, or leave it out.",
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
