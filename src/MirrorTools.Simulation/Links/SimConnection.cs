using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Links;

/// <summary>A connection between two processes: two streams, and two ends that live and die with their processes.</summary>
internal sealed class SimConnection
{
    private readonly SimNetwork _network;

    public SimConnection(SimNetwork network, SimProcess client, string clientSite, SimProcess server, string serverSite)
    {
        _network = network;
        ClientSite = clientSite;
        ServerSite = serverSite;
        Up = new SimStream(network, network.Route(clientSite, serverSite));
        Down = new SimStream(network, network.Route(serverSite, clientSite));
        Client = new SimTransport(this, Up, Down);
        Server = new SimTransport(this, Down, Up);
        client.OnKilled(() => ProcessDied(Client, clientSite));
        server.OnKilled(() => ProcessDied(Server, serverSite));
    }

    public string ClientSite { get; }

    public string ServerSite { get; }

    public SimStream Up { get; }

    public SimStream Down { get; }

    public SimTransport Client { get; }

    public SimTransport Server { get; }

    public bool IsOver => Up.Broken is not null && Down.Broken is not null;

    public bool Touches(string site) => ClientSite == site || ServerSite == site;

    public void Break(string why)
    {
        Up.Break(why);
        Down.Break(why);
    }

    /// <summary>One end is closed: its peer reads to the end and then nothing, and what the peer still sends is answered by a reset.</summary>
    public void Close(SimTransport end)
    {
        var outgoing = end == Client ? Up : Down;
        var incoming = end == Client ? Down : Up;
        outgoing.Finish();
        var travel = _network.Options.Latency + _network.Random.Between(TimeSpan.Zero, _network.Options.Jitter);
        _network.Scheduler.Schedule(travel * 2, () => Reset(outgoing, incoming), "reset", _network.Actor);
    }

    /// <summary>The machine's power went: nobody is told anything.</summary>
    public void Vanish()
    {
        Up.HasVanished = true;
        Down.HasVanished = true;
    }

    private static void Reset(SimStream outgoing, SimStream incoming)
    {
        // a reset travels the same way as data: it doesn't pass a blocked route or reach a machine that is off
        if (!outgoing.Route.IsBlocked && !incoming.Route.IsBlocked && !outgoing.HasVanished)
        {
            incoming.Break("closed by the peer");
        }
    }

    private void ProcessDied(SimTransport end, string site)
    {
        end.MarkClosed();
        if (_network.IsOff(site))
        {
            Vanish();
        }
        else
        {
            Close(end);
        }
    }
}
