using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Pairs;

/// <summary>The hosts of one agent: so many requests in all, made by one incarnation after another while the agent is the source.</summary>
internal sealed class NodeHosts(PairWorld world, PairNode node)
{
    // the host of the present incarnation
    private SimHost? _host;

    private bool _finished;

    // The gate waits for writes in flight, they for B and C, and a branch for its coordinator until its run timer expires: no outage of anybody else makes it longer (P-8, A-14).
    private TimeSpan LongestAllowed => TimeSpan.FromSeconds(world.IsSpread ? 12 : 40);

    /// <summary>How many requests hosts still make here; 0 where none are attached.</summary>
    public int RequestsLeft { get; set; }

    /// <summary>True once all requests were made and answered.</summary>
    public bool AreDone => RequestsLeft <= 0 && (_host is null || !node.Site.IsUp || _finished);

    /// <summary>The longest that any request of these hosts took.</summary>
    public TimeSpan LongestRequest { get; private set; }

    /// <summary>Attaches hosts, with so many requests to make.</summary>
    public void Attach(int requests)
    {
        RequestsLeft = requests;
        if (node.Site.IsUp)
        {
            Start(node.Site.Process!);
        }
    }

    /// <summary>Starts an incarnation where requests are left and the agent serves hosts.</summary>
    public void Start(SimProcess process)
    {
        if (RequestsLeft <= 0 || !node.IsSource)
        {
            return;
        }

        var host = new SimHost(
            process, "host@" + node.Site.Name, [.. node.Members.Select(member => member.Source!.Volume)], node.History!, world.HostOptions, world.Random.Fork("host"));
        _host = host;
        _finished = false;
        process.Start(async () =>
        {
            await host.RunAsync(RequestsLeft);
            RequestsLeft = 0;
            Account(host);
            _finished = true;
        });
    }

    /// <summary>What hosts would still ask is given up.</summary>
    public void Stop()
    {
        _host?.Stop();
        RequestsLeft = 0;
    }

    /// <summary>A new process: no host is attached to it yet.</summary>
    public void Forget() => _host = null;

    /// <summary>The process died, and its host with it.</summary>
    public void OnDied()
    {
        var host = _host;
        _host = null;
        if (host is not null)
        {
            RequestsLeft = _finished ? 0 : Math.Max(0, RequestsLeft - host.Made);
            Account(host);
        }
    }

    private void Account(SimHost host)
    {
        LongestRequest = host.LongestRequest > LongestRequest ? host.LongestRequest : LongestRequest;
        Check(host);
    }

    // P-8: no request failed or stood still for the mirror's fault, and what was read was written.
    private void Check(SimHost host)
    {
        if (host.Violations.Count > 0 && !IsOfNewest(host.History) && world.LastStrike.ContainsKey(node.Site.Name))
        {
            // its own volume failed a flush, and shows what it held before
            world.Run.Totals.Count("reads of a failed volume on a side that is given up", host.Violations.Count);
        }
        else if (host.Violations.Count > 0)
        {
            throw ScenarioRun.Broken("P-1", host.Violations[0]);
        }

        if (host.LongestRequest > LongestAllowed && !world.HasStorageFaults(node.Site))
        {
            throw ScenarioRun.Broken("P-8", $"a request of {host.Name} took {host.LongestRequest:c} (of those answered, the one made at {host.LongestRequestMade:c} took longest)");
        }

        foreach (var error in host.Errors)
        {
            if (error.Contains("The other site was recovered", StringComparison.Ordinal))
            {
                // P-6: this is what an old generation must say
                world.Run.Totals.Count("requests refused by an old generation");
                continue;
            }

            if (!IsOfNewest(host.History) && (world.HasStorageFaults(node.Site) || error.Contains("is being closed", StringComparison.Ordinal)))
            {
                // its own storage failed while the faults aim at a target, or an admin gave up what it holds while the request waited
                world.Run.Totals.Count("requests failed on a side that is given up");
                continue;
            }

            // P-8's one exception, here after a storage fault: neither place of the dirty-region log could be used
            if (!error.Contains("neither of its places", StringComparison.Ordinal) || !world.HasStorageFaults(node.Site))
            {
                throw ScenarioRun.Broken("P-8", error);
            }

            world.Run.Totals.Count("writes refused without a log");
        }
    }

    private bool IsOfNewest(WriteHistory history) => world.ActiveSite?.Nodes.Any(newest => newest.History == history) == true;
}
