using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Engine.Link;
using MirrorTools.Simulation.Links;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Sync;

/// <summary>Keeps the link sessions of one incarnation of a node up: of two nodes the first one connects.</summary>
internal sealed class SyncLinks
{
    private readonly SyncWorld _world;
    private readonly SyncMachine _machine;
    private readonly SimProcess _process;
    private readonly SimListener _listener;

    /// <summary>Listens from now on.</summary>
    public SyncLinks(SyncWorld world, SyncMachine machine, SimProcess process)
    {
        (_world, _machine, _process) = (world, machine, process);
        _listener = world.Run.Network.Listen(process, machine.Name);
    }

    /// <summary>Connects and accepts for as long as the process lives.</summary>
    public async Task RunAsync()
    {
        List<Task> flows = [AcceptAsync()];
        foreach (var peer in _world.Machines.Where(peer => peer.Place > _machine.Place))
        {
            flows.Add(ConnectAsync(peer));
        }

        foreach (var flow in flows)
        {
            await flow;
        }
    }

    private async Task ConnectAsync(SyncMachine peer)
    {
        while (true)
        {
            try
            {
                var transport = await _world.Run.Network.ConnectAsync(_process, _machine.Name, peer.Name, CancellationToken.None);
                await using var session = await LinkSession.StartAsync(transport, Options(isInitiator: true), _process.Time, NullLogger.Instance, CancellationToken.None);
                _world.Run.Totals.Count("link sessions");
                while (session.Failure is null)
                {
                    await KeepChannelAsync(session, peer);
                }
            }
            catch (IOException)
            {
                // refused, unanswered, or cut: the next try follows
            }

            await Task.Delay(_world.Random.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(800)), _process.Time);
        }
    }

    // a node may close a channel and keep the session: the channel is opened again
    private async Task KeepChannelAsync(LinkSession session, SyncMachine peer)
    {
        try
        {
            if (_machine.Node is { } node)
            {
                var channel = await session.OpenChannelAsync(_machine.Agent, CancellationToken.None);
                node.Attach(peer.Agent, channel);
                await channel.Closed;
            }
        }
        catch (IOException)
        {
            // refused, or the session has ended
        }

        await Task.Delay(_world.Random.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(300)), _process.Time);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var transport = await _listener.AcceptAsync(CancellationToken.None);
            _process.Start(() => ServeAsync(transport));
        }
    }

    private async Task ServeAsync(ILinkTransport transport)
    {
        try
        {
            await using var session = await LinkSession.StartAsync(transport, Options(isInitiator: false), _process.Time, NullLogger.Instance, CancellationToken.None);
            await session.Completion;
        }
        catch (IOException)
        {
            // the handshake failed; the peer tries again
        }
    }

    private LinkOptions Options(bool isInitiator) => new()
    {
        AgentId = _machine.Agent,
        SoftwareVersion = "simulation",
        IsInitiator = isInitiator,
        NewId = _world.NewId,
        MaxFrameBytes = 1 << 20,
        ChannelCreditBytes = 4 << 20,
        AcceptChannel = isInitiator ? null : (id, channel) => ValueTask.FromResult(Accept(id, channel)),
    };

    // Of several nodes that call, the channel's id says which one does.
    private bool Accept(Guid caller, IPeerChannel channel)
    {
        if (_machine.Node is not { } node)
        {
            return false;
        }

        node.Attach(caller, channel);
        return true;
    }
}
