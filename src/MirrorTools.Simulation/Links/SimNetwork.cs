using MirrorTools.Engine.Link;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Links;

/// <summary>
/// The wires between named sites. Processes listen and connect; plans cut connections in mid-frame, block a direction without a sign, part sites for
/// long, and switch a site's power off.
/// </summary>
public sealed class SimNetwork
{
    private readonly Dictionary<(string From, string To), SimRoute> _routes = [];
    private readonly List<SimConnection> _connections = [];
    private readonly Dictionary<string, SimListener> _listeners = [];
    private readonly HashSet<string> _off = [];

    /// <summary>Creates the wires.</summary>
    public SimNetwork(SimScheduler scheduler, SimLinkOptions? options = null)
    {
        Scheduler = scheduler;
        Options = options ?? new SimLinkOptions();
        Random = scheduler.Random.Fork("network");
        Actor = scheduler.CreateProcess("network");
    }

    /// <summary>What the wires are like.</summary>
    public SimLinkOptions Options { get; set; }

    /// <summary>Connections that plans broke.</summary>
    public long Cuts { get; private set; }

    /// <summary>Connections that were made.</summary>
    public long Connects { get; private set; }

    internal SimScheduler Scheduler { get; }

    internal SimRandom Random { get; }

    internal SimProcess Actor { get; }

    /// <summary>Takes connections for a site, in place of an earlier incarnation.</summary>
    public SimListener Listen(SimProcess owner, string site)
    {
        var listener = new SimListener(owner, site);
        _listeners[site] = listener;
        return listener;
    }

    /// <summary>Connects a process of one site to whoever listens at the other.</summary>
    /// <exception cref="IOException">Nobody listens there, or nobody answers within <see cref="SimLinkOptions.ConnectTimeout"/>.</exception>
    public async ValueTask<ILinkTransport> ConnectAsync(SimProcess owner, string from, string to, CancellationToken cancellationToken)
    {
        var answered = new TaskCompletionSource<ILinkTransport>(TaskCreationOptions.RunContinuationsAsynchronously);
        var travel = (Options.Latency + Random.Between(TimeSpan.Zero, Options.Jitter)) * 2;
        Scheduler.Schedule(travel, () => Answer(owner, from, to, answered), "connect", Actor);
        var timeout = Scheduler.Schedule(Options.ConnectTimeout, () => answered.TrySetException(new IOException($"{to} does not answer.")), "connect timeout", Actor);
        try
        {
            using (cancellationToken.Register(() => answered.TrySetCanceled(cancellationToken)))
            {
                return await answered.Task;
            }
        }
        finally
        {
            timeout.Cancel();
        }
    }

    /// <summary>Breaks every connection between two sites; new ones can be made at once.</summary>
    public void Cut(string a, string b)
    {
        foreach (var connection in Between(a, b))
        {
            Cuts++;
            connection.Break("cut");
        }
    }

    /// <summary>Lets everything sent one way vanish without a sign until <see cref="Heal"/>.</summary>
    public void Block(string from, string to) => Route(from, to).IsBlocked = true;

    /// <summary>Parts two sites without a sign until <see cref="Heal"/>.</summary>
    public void Partition(string a, string b)
    {
        Block(a, b);
        Block(b, a);
    }

    /// <summary>Joins two sites again; connections that nobody gave up go on.</summary>
    public void Heal(string a, string b)
    {
        Route(a, b).IsBlocked = false;
        Route(b, a).IsBlocked = false;
        foreach (var connection in Between(a, b))
        {
            connection.Up.Resume();
            connection.Down.Resume();
        }
    }

    /// <summary>Switches a site off: its connections go silent. Call it before its processes are killed.</summary>
    public void SwitchOff(string site)
    {
        _off.Add(site);
        foreach (var connection in _connections.Where(c => c.Touches(site)))
        {
            connection.Vanish();
        }
    }

    /// <summary>Switches a site on again; peers that still send into the void are reset, by and by.</summary>
    public void SwitchOn(string site)
    {
        _off.Remove(site);
        foreach (var connection in _connections.Where(c => c.Touches(site) && (c.Up.HasUnsentBytes || c.Down.HasUnsentBytes)))
        {
            Scheduler.Schedule(Random.Between(TimeSpan.Zero, Options.RetransmitDelay), () => connection.Break("reset by the peer"), "reset", Actor);
        }
    }

    /// <summary>True where what one site sends now arrives at the other: for calls that are not sent as bytes.</summary>
    public bool CanReach(string from, string to) => !Route(from, to).IsBlocked && !IsOff(from) && !IsOff(to);

    internal bool IsOff(string site) => _off.Contains(site);

    internal SimRoute Route(string from, string to)
    {
        if (!_routes.TryGetValue((from, to), out var route))
        {
            _routes[(from, to)] = route = new SimRoute(from, to);
        }

        return route;
    }

    private IEnumerable<SimConnection> Between(string a, string b) => _connections.Where(c => !c.IsOver && c.Touches(a) && c.Touches(b));

    private void Answer(SimProcess owner, string from, string to, TaskCompletionSource<ILinkTransport> answered)
    {
        if (!owner.IsAlive || answered.Task.IsCompleted || Route(from, to).IsBlocked || Route(to, from).IsBlocked || IsOff(to))
        {
            return;
        }

        if (!_listeners.TryGetValue(to, out var listener) || !listener.Owner.IsAlive)
        {
            answered.TrySetException(new IOException($"{to} refuses the connection: nobody listens."));
            return;
        }

        Connects++;
        _connections.RemoveAll(c => c.IsOver);
        var connection = new SimConnection(this, owner, from, listener.Owner, to);
        _connections.Add(connection);
        listener.Offer(connection.Server);
        answered.TrySetResult(connection.Client);
    }
}
