using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Pairs;

/// <summary>Which agent of each site has which pair of the group: most runs have one agent at each site, those of groups several.</summary>
/// <param name="Sources">For each pair, the lead first, the number of the agent of site 1 that has its source.</param>
/// <param name="Targets">The same for the agents of site 2 and the targets.</param>
internal sealed record PairLayout(IReadOnlyList<int> Sources, IReadOnlyList<int> Targets)
{
    /// <summary>One agent at each site.</summary>
    public static PairLayout OfOneAgent(int pairs) => new(new int[pairs], new int[pairs]);

    /// <summary>Two agents with sources, sometimes three or one, with one to three pairs each; one or two with targets. Any of the pairs leads.</summary>
    /// <param name="random">Where it comes from.</param>
    /// <param name="isLeast">The smallest group that has all: two sources and two targets.</param>
    public static PairLayout Draw(SimRandom random, bool isLeast)
    {
        if (isLeast)
        {
            return new PairLayout([0, 1], [0, 1]);
        }

        var agents = random.Chance(0.1) ? 1 : random.Chance(0.2) ? 3 : 2;
        List<int> sources = [];
        for (var agent = 0; agent < agents; agent++)
        {
            sources.AddRange(Enumerable.Repeat(agent, random.Next(1, agents == 3 ? 3 : 4)));
        }

        for (var last = sources.Count - 1; last > 0; last--)
        {
            var other = random.Next(last + 1);
            (sources[last], sources[other]) = (sources[other], sources[last]);
        }

        var targets = sources.ConvertAll(_ => 0);
        if (random.Chance(0.6) && sources.Count > 1)
        {
            for (var pair = 0; pair < targets.Count; pair++)
            {
                targets[pair] = random.Next(2);
            }

            // Each of them has one at least.
            targets[^1] = 1 - targets[0];
        }

        return new PairLayout(sources, targets);
    }
}
