using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Engine.Link;
using MirrorTools.Simulation.Links;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Pairs;

/// <summary>
/// Keeps the link sessions of one incarnation of an agent up, as the agent does: site 1 connects to site 2 and opens the channels of the pairs that the two share; at a site
/// with several agents the one with the pair that leads connects to the others and opens the group's channel.
/// </summary>
internal sealed class NodeLinks
{
    private readonly PairWorld _world;
    private readonly PairNode _node;
    private readonly SimProcess _process;
    private readonly SimListener? _listener;

    /// <summary>Listens from now on, where anybody connects to the agent.</summary>
    public NodeLinks(PairWorld world, PairNode node, SimProcess process)
    {
        (_world, _node, _process) = (world, node, process);
        var isListening = node.Of.Number == 2 || node != node.Of.LeadNode;
        _listener = isListening ? world.Run.Network.Listen(process, node.Site.Name) : null;
    }

    /// <summary>Connects and accepts for as long as the process lives.</summary>
    public async Task RunAsync()
    {
        List<Task> flows = [];
        if (_listener is not null)
        {
            flows.Add(AcceptAsync(_listener));
        }

        foreach (var peer in _node.Of.Other.Nodes.Where(peer => _node.Of.Number == 1 && Shared(peer).Count > 0))
        {
            flows.Add(ConnectAsync(peer));
        }

        foreach (var peer in _node.Of.Nodes.Where(peer => peer != _node && _node == _node.Of.LeadNode))
        {
            flows.Add(ConnectAsync(peer));
        }

        foreach (var flow in flows)
        {
            await flow;
        }
    }

    /// <summary>The pairs that two agents have the two sides of.</summary>
    private List<Guid> Shared(PairNode peer) =>
        [.. _node.Members.Where(member => peer.Of != _node.Of && peer.Of.Members[member.Index].Node == peer).Select(member => member.Identity.PairId)];

    // Connects, opens the channels, hands them over, and again after every cut.
    private async Task ConnectAsync(PairNode peer)
    {
        while (true)
        {
            try
            {
                var transport = await _world.Run.Network.ConnectAsync(_process, _node.Site.Name, peer.Site.Name, CancellationToken.None);
                await using var session = await LinkSession.StartAsync(
                    transport, Options(isInitiator: true), _process.Time, NullLogger.Instance, CancellationToken.None);
                _world.Run.Totals.Count("link sessions");
                List<Task> channels = [.. Shared(peer).Select(pair => KeepChannelAsync(session, pair, () => true, channel => _node.Attach(pair, channel)))];
                if (peer.Of == _node.Of)
                {
                    channels.Add(KeepChannelAsync(session, _world.GroupId, () => _node.HasGroup, channel => _node.AttachGroup(peer.Agent, channel)));
                }

                foreach (var channel in channels)
                {
                    await channel;
                }
            }
            catch (IOException)
            {
                // refused, unanswered, or cut: the next try follows
            }

            await Task.Delay(_world.Random.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(800)), _process.Time);
        }
    }

    // a side may close a channel and keep the session: the channel is opened again
    private async Task KeepChannelAsync(LinkSession session, Guid id, Func<bool> isWanted, Action<IPeerChannel> attach)
    {
        while (session.Failure is null)
        {
            try
            {
                if (isWanted())
                {
                    var channel = await session.OpenChannelAsync(id, CancellationToken.None);
                    attach(channel);
                    await channel.Closed;
                }
            }
            catch (IOException)
            {
                // refused, or the session has ended
            }

            await Task.Delay(_world.Random.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(500)), _process.Time);
        }
    }

    private async Task AcceptAsync(SimListener listener)
    {
        while (true)
        {
            var transport = await listener.AcceptAsync(CancellationToken.None);
            _process.Start(() => ServeAsync(transport));
        }
    }

    private async Task ServeAsync(ILinkTransport transport)
    {
        try
        {
            await using var session = await LinkSession.StartAsync(
                transport, Options(isInitiator: false), _process.Time, NullLogger.Instance, CancellationToken.None);
            await session.Completion;
        }
        catch (IOException)
        {
            // the handshake failed; the peer tries again
        }
    }

    private LinkOptions Options(bool isInitiator) => new()
    {
        AgentId = _node.Agent,
        SoftwareVersion = "simulation",
        IsInitiator = isInitiator,
        NewId = _world.NewId,
        MaxFrameBytes = 1 << 20,
        ChannelCreditBytes = 4 << 20,
        AcceptChannel = isInitiator ? null : (id, channel) => ValueTask.FromResult(Accept(id, channel)),
    };

    private bool Accept(Guid id, IPeerChannel channel)
    {
        if (id == _world.GroupId)
        {
            if (_node.HasGroup)
            {
                _node.AttachGroup(_node.Of.LeadNode.Agent, channel);
            }

            return _node.HasGroup;
        }

        var isKnown = _node.Members.Any(member => member.Identity.PairId == id);
        if (isKnown)
        {
            _node.Attach(id, channel);
        }

        return isKnown;
    }
}
