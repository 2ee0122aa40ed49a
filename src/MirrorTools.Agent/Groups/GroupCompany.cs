using MirrorTools.Agent.Pairs;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Agent.Groups;

/// <summary>What a pair's side has of the other pairs of its group, on this agent.</summary>
/// <param name="find">A pair by its id; null where this agent has none.</param>
/// <param name="time">The clock.</param>
/// <param name="unhandled">Told of an exception that left a group's scheduler.</param>
internal sealed class GroupCompany(Func<Guid, MirrorPair?> find, TimeProvider time, Action<string, Exception> unhandled)
{
    private readonly Lock _gate = new();

    // By site: after a recovery an agent with both sites has the old sources and the new ones.
    private readonly Dictionary<(Guid GroupId, bool IsSiteTwo), OpenGroup> _open = [];

    /// <summary>What a source shares with the group's other ones; null for a pair that stands alone.</summary>
    public OpenGroup? Of(PairDefinition definition, bool isSiteTwo)
    {
        if (definition.Group is not { } group)
        {
            return null;
        }

        lock (_gate)
        {
            if (!_open.TryGetValue((group.Id, isSiteTwo), out var open) || !open.Pairs.SequenceEqual(group.Pairs))
            {
                // Members change only while all of them are closed.
                open = new OpenGroup(group.Pairs, new PointGroup(group.Pairs, time), new SerialContext(error => unhandled(group.Name, error)));
                _open[(group.Id, isSiteTwo)] = open;
            }

            return open;
        }
    }

    /// <summary>The choice of a group's lead about a point that another member has prepared at the same site (F-9).</summary>
    /// <param name="prepared">The point.</param>
    /// <param name="isSiteTwo">The site.</param>
    /// <param name="force">The lead gives the point up where it has not chosen yet: the group is being recovered.</param>
    public Task<PointDecision> AskLeadAsync(PreparedPoint prepared, bool isSiteTwo, bool force)
    {
        var lead = find(prepared.Lead)?.Sides.FirstOrDefault(side => side.IsSiteTwo == isSiteTwo);
        return lead?.Target?.DecisionOfAsync(prepared, force)
            ?? lead?.Source?.DecisionOfAsync(prepared)
            ?? Task.FromResult(PointDecision.Undecided);
    }
}
