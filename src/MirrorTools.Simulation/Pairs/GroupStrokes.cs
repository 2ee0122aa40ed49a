using System.Globalization;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Pairs;

/// <summary>
/// Strokes that meet a group over several agents while these agree about a point: at a step of one of them, or some messages later. The coordinator dies for short or long, an agent is cut off from
/// another or from all, or stands still.
/// </summary>
internal sealed class GroupStrokes(PairWorld world, PairSite site1, PairSite site2)
{
    private static readonly string[] s_ofSources =
    [
        "source.ClosingGate", "source.Merging", "source.Copying", "source.Completing", "source.Prepared", "source.Recording", "source.GivingUp", "source.InDoubt",
    ];

    private static readonly string[] s_ofTargets = ["target.Receiving", "target.Preparing", "target.Prepared", "target.Committing"];

    // Its own, as that of the target's strokes.
    private readonly SimRandom _random = world.Run.Scheduler.Random.Fork("group strokes");

    private PairSite Source => world.ActiveSite!;

    private PairNode AnyNode => _random.Chance(0.4) ? Source.LeadNode : Pick([.. site1.Nodes.Concat(site2.Nodes)]);

    /// <summary>The verb of plans that these strokes have of their own: one agent alone, while all others see each other.</summary>
    public void Handle() => world.Run.Plan.Handle("cut-off", words =>
    {
        world.Run.Totals.Count("agents cut off from all others");
        foreach (var other in site1.Nodes.Concat(site2.Nodes).Where(other => other.Site.Name != words[0]))
        {
            world.Run.Network.Partition(words[0], other.Site.Name);
            world.Run.Scheduler.Schedule(FaultVerbs.Duration(words, 1)!.Value, () => world.Run.Network.Heal(words[0], other.Site.Name), "heal");
        }
    });

    /// <summary>What a seed may draw.</summary>
    public void AddTo(FaultStorm storm)
    {
        foreach (var kind in (FaultKinds[])[FaultKinds.Kills, FaultKinds.Power, FaultKinds.Cuts, FaultKinds.Partitions, FaultKinds.Freezes])
        {
            storm.Add(kind, () => AtStep(kind));
            storm.Add(kind, () => AtStep(kind));
        }

        storm.Add(FaultKinds.Partitions, DelayRun);
        storm.Add(FaultKinds.Partitions, () => world.Run.Plan.Do("cut-off", AnyNode.Site.Name, LongOutage()));
        storm.Add(FaultKinds.Kills, () => world.Run.Plan.Do("kill", AnyNode.Site.Name, LongOutage()));
    }

    private void AtStep(FaultKinds kind)
    {
        var isOfSources = _random.Chance(0.75);
        var at = Pick(isOfSources ? Source.Nodes : Source.Other.Nodes);
        var mark = $"{at.Site.Name}.{Pick(isOfSources ? s_ofSources : s_ofTargets)}";
        List<string> stroke = [.. _random.Chance(0.6) ? ["after", _random.Next(1, 6000).ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(), .. Stroke(kind)];
        world.Run.Plan.Arm(mark, _random.Next(1, 4), stroke[0], [.. stroke.Skip(1)]);
    }

    // The coordinator has run the point, and another agent hears of it when its run timer has expired, or not long before.
    private void DelayRun()
    {
        var branch = Pick(Source.Nodes);
        if (branch == Source.LeadNode)
        {
            world.Run.Plan.DoNothing();
            return;
        }

        var outage = FaultVerbs.Text(TimeSpan.FromMilliseconds(_random.Next(10, 4000)));
        world.Run.Plan.Arm($"{Source.LeadNode.Site.Name}.source.Merging", _random.Next(1, 4), "partition", Source.LeadNode.Site.Name, branch.Site.Name, outage);
    }

    private IEnumerable<string> Stroke(FaultKinds kind)
    {
        var node = AnyNode;
        return kind switch
        {
            FaultKinds.Kills => ["kill", node.Site.Name, .. Outage()],
            FaultKinds.Power => ["power-off", node.Site.Name, .. Outage()],
            FaultKinds.Cuts => ["cut", .. LinkOf(node)],
            FaultKinds.Partitions => [_random.Chance(0.5) ? "partition" : "block", .. LinkOf(node), LongOutage()],
            _ => ["freeze", node.Site.Name, FaultVerbs.Text(TimeSpan.FromMilliseconds(_random.Next(1, 8000)))],
        };
    }

    private string[] LinkOf(PairNode node)
    {
        var other = Pick([.. site1.Nodes.Concat(site2.Nodes).Where(other => other != node)]);
        return _random.Chance(0.5) ? [node.Site.Name, other.Site.Name] : [other.Site.Name, node.Site.Name];
    }

    private string[] Outage() => _random.Chance(0.7) ? [] : [LongOutage()];

    private string LongOutage() => FaultVerbs.Text(TimeSpan.FromMilliseconds(_random.Chance(0.5) ? _random.Next(1, 5000) : _random.Next(5000, 90_000)));

    private T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];
}
