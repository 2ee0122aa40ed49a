using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Pairs;

/// <summary>What hosts did to the volumes of one agent since it became the source, and what a crash may leave of it.</summary>
internal sealed class NodeVolumes(PairWorld world, PairNode node)
{
    private static readonly TimeSpan s_readRetry = TimeSpan.FromSeconds(1);

    private bool _isUnsettled;

    private bool _lostPower;

    /// <summary>What hosts did here since it became the source; null while it is not.</summary>
    public WriteHistory? History { get; set; }

    /// <summary>What hosts did here in a generation that was given up.</summary>
    public WriteHistory? GivenUp { get; private set; }

    /// <summary>True once it took over: its volumes lie on two storages while they are restored.</summary>
    public bool AreRecovered { get; set; }

    /// <summary>It became the other side's copy.</summary>
    public void GiveUp() => (GivenUp, History, AreRecovered) = (History ?? GivenUp, null, false);

    /// <summary>The process died, or the power went while none ran and took what a killed one had written.</summary>
    public void OnDied(bool powerLost, bool wasSource)
    {
        if ((!wasSource && !powerLost) || History is null)
        {
            return;
        }

        if (AreRecovered)
        {
            _isUnsettled = true;
            _lostPower |= powerLost;
        }
        else
        {
            ComeBack([.. node.Members.Select(member => member.Peek())], powerLost, $"the volumes of {node.Site.Name} after a {Crash(powerLost)}");
        }
    }

    /// <summary>A recovered image lies on two storages, so that only the engine can say what a crash left of it.</summary>
    public async Task OnOpenedAsync(SimProcess process)
    {
        if (_isUnsettled && node.Members.All(member => member.Source!.Volume.Refusal is null))
        {
            ComeBack(await ReadUntilItSucceedsAsync(process), _lostPower, $"the recovered image after a {Crash(_lostPower)}");
            (_isUnsettled, _lostPower) = (false, false);
        }
    }

    private static string Crash(bool powerLost) => powerLost ? "power loss" : "kill";

    private async Task<byte[][]> ReadUntilItSucceedsAsync(SimProcess process)
    {
        while (true)
        {
            try
            {
                return await node.ReadAllAsync();
            }
            catch (IOException) when (world.HasStorageFaults(node.Site))
            {
                await Task.Delay(s_readRetry, process.Time);
            }
        }
    }

    // The source crashed: what hosts were told is durable must be there, and what is there counts from here on.
    private void ComeBack(byte[][] images, bool powerLost, string what)
    {
        // a failed flush of an old source's own volume loses what hosts wrote there: no mirror's fault, and it is given up anyway
        var mayLose = world.OldSources.Contains(node.Site.Name) && world.LastStrike.ContainsKey(node.Site.Name);
        for (var volume = 0; volume < images.Length && !mayLose; volume++)
        {
            if (SurvivorChecker.Check(History!.Current, volume, images[volume], mayLoseBase: powerLost && !History.Current.IsBaseDurable) is { } violation)
            {
                throw ScenarioRun.Broken("P-2", $"{what}: {violation}");
            }
        }

        History!.BeginEpoch(images, powerLost);
    }
}
