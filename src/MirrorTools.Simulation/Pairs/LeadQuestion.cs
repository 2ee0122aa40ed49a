using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Pairs;

/// <summary>What a follower asks the pair that leads its group (F-9).</summary>
internal static class LeadQuestion
{
    /// <summary>Asks the pair that leads the group, which may be another agent's (F-9): a question that the network may lose, and its answer too.</summary>
    public static async Task<PointDecision> AskAsync(PairWorld world, PairMember asking, SimProcess process, PreparedPoint prepared, bool force)
    {
        var node = asking.Node;
        var lead = node.Of.Members.Single(member => member.Identity.PairId == prepared.Lead);
        if (lead.Node == node)
        {
            return await lead.DecisionOfAsync(prepared, force);
        }

        await TravelAsync(node, lead.Node);
        var (ran, decision) = lead.Node.Site.Process is { } asked ? await asked.TryInvokeAsync(() => lead.DecisionOfAsync(prepared, force)) : default;
        if (!ran)
        {
            throw new IOException($"{lead.Node.Site.Name} died.");
        }

        await TravelAsync(lead.Node, node);
        world.Run.Totals.Count("questions to another agent's lead");
        return decision;

        async Task TravelAsync(PairNode from, PairNode to)
        {
            await Task.Delay(world.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(world.Random.Chance(0.9) ? 5 : 500)), process.Time);
            if (!world.Run.Network.CanReach(from.Site.Name, to.Site.Name))
            {
                throw new IOException($"{to.Site.Name} can't be reached.");
            }
        }
    }
}
