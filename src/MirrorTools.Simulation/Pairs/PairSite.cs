using MirrorTools.Engine.Mirroring.Groups;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Pairs;

/// <summary>One of the two sites: the agents there, and their side of the group's pairs. They are the source or the target of all pairs, but for the while of a change of roles.</summary>
internal sealed class PairSite
{
    private readonly PairWorld _world;
    private readonly IReadOnlyList<int> _layout;

    /// <param name="world">The world.</param>
    /// <param name="number">1 or 2.</param>
    /// <param name="agent">The identity of the first agent.</param>
    /// <param name="volume">The name of the disks that are volumes.</param>
    /// <param name="intermediate">The name of the other ones.</param>
    public PairSite(PairWorld world, int number, Guid agent, string volume, string intermediate)
    {
        (_world, Number) = (world, number);
        _layout = number == 1 ? world.Layout.Sources : world.Layout.Targets;
        var count = _layout.Max() + 1;
        List<PairNode> nodes = [];
        for (var node = 0; node < count; node++)
        {
            var name = world.IsSpread ? $"site{number}{(char)('a' + node)}" : $"site{number}";
            nodes.Add(new PairNode(world, this, name, node == 0 ? agent : world.NewId(), Pairs(node), volume, intermediate));
        }

        Nodes = nodes;
        Members = [.. nodes.SelectMany(node => node.Members).OrderBy(member => member.Index)];
    }

    public int Number { get; }

    /// <summary>The agents here.</summary>
    public IReadOnlyList<PairNode> Nodes { get; }

    /// <summary>The group's pairs; the first one leads.</summary>
    public IReadOnlyList<PairMember> Members { get; }

    /// <summary>The agent with the pair that leads: the coordinator while this site is the source.</summary>
    public PairNode LeadNode => Members[0].Node;

    /// <summary>The other site.</summary>
    public PairSite Other { get; set; } = null!;

    /// <summary>True while every agent is up and is the source of all its pairs.</summary>
    public bool IsSource => Nodes.All(node => node.IsSource);

    /// <summary>True while every agent is up and is the target of all its pairs.</summary>
    public bool IsTarget => Nodes.All(node => node.IsTarget);

    /// <summary>True while a process runs at every agent.</summary>
    public bool IsUp => Nodes.All(node => node.Site.IsUp);

    /// <summary>How many requests hosts still make here.</summary>
    public int RequestsLeft => Nodes.Sum(node => node.Hosts.RequestsLeft);

    /// <summary>True once all requests were made and answered.</summary>
    public bool HostsAreDone => Nodes.All(node => node.Hosts.AreDone);

    /// <summary>The longest that any request of this site's hosts took.</summary>
    public TimeSpan LongestRequest => Nodes.Max(node => node.Hosts.LongestRequest);

    /// <summary>True for the machine of one of the agents here.</summary>
    public bool Has(SimSite machine) => Nodes.Any(node => node.Site == machine);

    /// <summary>Attaches hosts at every agent, with so many requests to make.</summary>
    public void AttachHosts(int requests) => Each(node => node.Hosts.Attach(requests));

    /// <summary>Does something to every agent.</summary>
    public void Each(Action<PairNode> what)
    {
        foreach (var node in Nodes)
        {
            what(node);
        }
    }

    /// <summary>Lets cycles follow each other where the seed wants that.</summary>
    public async Task SetScheduleAsync() => await LeadNode.Site.Process!.TryInvokeAsync(async () =>
    {
        await LeadNode.SetScheduleAsync();
        return true;
    });

    /// <summary>The group as one incarnation of an agent here takes part in it.</summary>
    public PointGroup NewGroup(PairNode node, SimProcess process) => _world.IsSpread
        ? new PointGroup(new GroupPlan(_world.GroupId, node.Agent, [.. Members.Select(member => new GroupMember(member.Identity.PairId, member.Node.Agent))]), process.Context, process.Time)
        : new PointGroup([.. _world.Identities.Select(identity => identity.PairId)], process.Time);

    private IEnumerable<int> Pairs(int node) => Enumerable.Range(0, _layout.Count).Where(pair => _layout[pair] == node);
}
