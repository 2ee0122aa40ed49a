using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Pairs;

/// <summary>The hosts of one agent: so many requests in all, made by one incarnation after another while the agent is the source.</summary>
internal sealed class NodeHosts(PairWorld world, PairNode node)
{
    // the host of the present incarnation
    private SimHost? _host;

    private bool _finished;

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
        world.CheckHost(node.Site, host);
    }
}
