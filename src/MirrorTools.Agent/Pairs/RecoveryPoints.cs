using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>Which point a recovery goes to: in a group the same one in every pair, and one that every copy at this agent keeps.</summary>
internal sealed class RecoveryPoints(PairRegistry registry)
{
    /// <summary>The point for a pair.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="target">Its copy, at this agent.</param>
    /// <param name="status">Where that stands.</param>
    /// <param name="asked">The number that an admin gave; null for the last committed point.</param>
    /// <returns>
    /// The point's number, null where it is the last committed one, whichever that is once what is prepared is settled; and the point, as far as it is known now.
    /// </returns>
    /// <exception cref="ControlException"><see cref="ErrorIds.PointNotFound"/>: the pair, or another one of its group, does not keep it.</exception>
    public async Task<(ulong? Number, CommittedPoint Shown)> ChooseAsync(MirrorPair pair, PairSide target, TargetStatus status, long? asked)
    {
        var others = registry.MembersOf(pair).Where(member => member != pair).ToList();
        var number = asked is { } given ? (ulong?)Math.Max(0, given) : null;
        foreach (var other in others)
        {
            // A recovery of the group that was broken off: the rest goes where the others went.
            if (other.Sides.FirstOrDefault(side => side.Source is not null && side.IsSiteTwo == target.IsSiteTwo) is { Source: { } source }
                && await source.GetStatusAsync() is { RecoveredPoint: not 0 and var went }
                && (number is not null ? number != went : went < status.LastCommitted.Number))
            {
                number = number is null ? went : throw Elsewhere(pair, other, went);
            }
        }

        if (number is not { } chosen)
        {
            return (null, status.LastCommitted);
        }

        var point = Find(status, chosen);
        if (point.IsNone && !IsPrepared(status, chosen))
        {
            throw new ControlException(
                ErrorIds.PointNotFound,
                $"Point {asked ?? (long)chosen} of the pair '{pair.Definition.Name}' is not kept, so that nothing can be recovered to it. It keeps {Kept(status)}.", pair.Definition.Name);
        }

        foreach (var (other, engine) in Targets(others, target))
        {
            var seen = await engine.GetStatusAsync();
            if (!IsPrepared(seen, chosen) && Find(seen, chosen).IsNone)
            {
                throw new ControlException(
                    ErrorIds.PointNotFound,
                    $"Point {chosen} is not kept by the pair '{other.Definition.Name}', which is in the same group; all of them are recovered to one point. It keeps {Kept(seen)}.",
                    other.Definition.Name);
            }
        }

        return (chosen, point.IsNone ? status.LastCommitted : point);
    }

    /// <summary>
    /// Before the first pair of a group is recovered to a point: all others settle what is prepared, and keep the point until this recovery is done. After it the group commits nothing any more
    /// that could end the point.
    /// </summary>
    public async Task<IAsyncDisposable> HoldOthersAsync(MirrorPair pair, PairSide target, ulong? number, bool force)
    {
        HeldPoints held = new();
        if (number is not { } chosen || !pair.Definition.IsAsyncCopy)
        {
            return held;
        }

        try
        {
            foreach (var (_, engine) in Targets(registry.MembersOf(pair).Where(member => member != pair), target))
            {
                held.Add(await engine.HoldForRecoveryAsync(force, chosen));
            }

            return held;
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    // Those that can be asked: a pair that is not open must not keep the others from their hosts.
    private static IEnumerable<(MirrorPair Pair, MirrorTarget Engine)> Targets(IEnumerable<MirrorPair> members, PairSide target) =>
        members.Select(member => (member, member.Sides.FirstOrDefault(side => side.IsSiteTwo == target.IsSiteTwo)?.Target)).Where(static member => member.Target is not null)!;

    private static bool IsPrepared(TargetStatus status, ulong number) => status.State == TargetState.Prepared && status.Point == number;

    private static CommittedPoint Find(TargetStatus status, ulong number) => number == status.LastCommitted.Number ? status.LastCommitted
        : status.RecentPoints.FirstOrDefault(point => point.Number == number && status.RetainedPoints.Contains(number));

    private static string Kept(TargetStatus status) => string.Join(", ", status.RetainedPoints.Append(status.LastCommitted.Number));

    private static ControlException Elsewhere(MirrorPair pair, MirrorPair other, ulong went) => new(
        ErrorIds.PointNotFound, $"The pair '{other.Definition.Name}' of the same group was recovered to point {went}, and the pair '{pair.Definition.Name}' has to be as well.", pair.Definition.Name)
    {
        Remedy = $"Run Invoke-MirrorRecovery -ConsistencyPoint {went}, or leave -ConsistencyPoint out.",
    };

    private sealed class HeldPoints : IAsyncDisposable
    {
        private readonly List<HeldPoint> _points = [];

        public void Add(HeldPoint point) => _points.Add(point);

        public async ValueTask DisposeAsync()
        {
            foreach (var point in _points)
            {
                await point.DisposeAsync();
            }
        }
    }
}
