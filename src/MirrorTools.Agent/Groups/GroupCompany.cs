using MirrorTools.Agent.Pairs;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Groups;

/// <summary>The groups of this agent's open sources.</summary>
/// <param name="links">The other agents.</param>
/// <param name="environment">This agent.</param>
internal sealed class GroupCompany(IPeerLinks links, PairEnvironment environment)
{
    private readonly Lock _gate = new();

    // By site: after a recovery an agent with both sites has the old sources and the new ones.
    private readonly Dictionary<(Guid GroupId, bool IsSiteTwo), OpenGroup> _open = [];

    /// <summary>What a source shares with the group's other ones; null for a pair that stands alone. To be given back when the source is closed.</summary>
    public GroupSeat? Enter(PairDefinition definition, bool isSiteTwo)
    {
        if (definition.Group is not { } group)
        {
            return null;
        }

        lock (_gate)
        {
            if (!_open.TryGetValue((group.Id, isSiteTwo), out var open) || !open.Membership.HasSameCompany(group))
            {
                // Members change only while all of them are closed.
                open = new OpenGroup(group, isSiteTwo, group.PlanOf(isSiteTwo, definition, environment.AgentId), links, environment);
                _open[(group.Id, isSiteTwo)] = open;
            }

            open.Seats++;
            return new GroupSeat(open, LeaveAsync);
        }
    }

    /// <summary>A group whose sources of one site are open here, or null.</summary>
    public OpenGroup? Find(Guid groupId, bool isSiteTwo)
    {
        lock (_gate)
        {
            return _open.GetValueOrDefault((groupId, isSiteTwo));
        }
    }

    /// <summary>Takes a channel that another agent opens for a group.</summary>
    public bool TryAccept(Guid peer, Guid channelId, IPeerChannel channel)
    {
        OpenGroup? open;
        lock (_gate)
        {
            open = _open.Values.FirstOrDefault(group => group.ChannelId == channelId);
        }

        return open?.TryAccept(peer, channel) ?? false;
    }

    private async ValueTask LeaveAsync(OpenGroup group)
    {
        lock (_gate)
        {
            if (--group.Seats > 0)
            {
                return;
            }

            foreach (var (key, _) in _open.Where(open => open.Value == group).ToList())
            {
                _open.Remove(key);
            }
        }

        await group.DisposeAsync();
    }
}
