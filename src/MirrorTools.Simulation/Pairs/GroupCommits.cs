using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Runs;

namespace MirrorTools.Simulation.Pairs;

/// <summary>
/// The points that a group's targets say they committed, of the present generation: one choice counts for all members (F-9, A-7), so each of them has each point up to its last
/// one, and all have it with the same t1.
/// </summary>
internal sealed class GroupCommits
{
    private readonly SortedDictionary<ulong, DateTimeOffset> _known = [];
    private ulong _base;

    /// <summary>A new generation: what was committed up to its first point says nothing more.</summary>
    public void Begin(ulong recovered)
    {
        _known.Clear();
        _base = recovered;
    }

    /// <summary>Holds what a member says against what the others said.</summary>
    /// <param name="who">The member, for people.</param>
    /// <param name="points">The points it knows as committed, oldest first.</param>
    public void Check(string who, IReadOnlyList<CommittedPoint> points)
    {
        if (points.Count == 0)
        {
            return;
        }

        foreach (var point in points.Where(point => point.Number > _base))
        {
            if (_known.TryGetValue(point.Number, out var takenAt) && takenAt != point.TakenAt)
            {
                throw ScenarioRun.Broken("P-1", $"{who} has point {point.Number} with t1 {point.TakenAt:O}, and another member of the group with {takenAt:O}");
            }

            _known[point.Number] = point.TakenAt;
        }

        var oldest = Math.Max(points[0].Number, _base + 1);
        foreach (var number in _known.Keys.Where(number => number >= oldest && number <= points[^1].Number))
        {
            if (!points.Any(point => point.Number == number))
            {
                throw ScenarioRun.Broken("P-1", $"{who} has committed point {points[^1].Number} and not point {number}, which another member of the group has committed");
            }
        }
    }
}
