using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Engine.Link;
using MirrorTools.Simulation.Links;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Pairs;

/// <summary>Keeps a link session up between the sites' present processes, as an agent does.</summary>
internal static class LinkRunner
{
    /// <summary>Connects, opens the pair's channel, hands it over, and again after every cut.</summary>
    public static async Task ConnectAsync(PairWorld world, SimProcess process, string from, string to, Guid agent, Action<Guid, IPeerChannel> attach)
    {
        while (true)
        {
            try
            {
                var transport = await world.Run.Network.ConnectAsync(process, from, to, CancellationToken.None);
                await using var session = await LinkSession.StartAsync(
                    transport, Options(world, agent, isInitiator: true, null), process.Time, NullLogger.Instance, CancellationToken.None);
                world.Run.Totals.Count("link sessions");
                Task[] channels = [.. world.Identities.Select(identity => KeepChannelAsync(world, process, session, identity.PairId, attach))];
                foreach (var channel in channels)
                {
                    await channel;
                }
            }
            catch (IOException)
            {
                // refused, unanswered, or cut: the next try follows
            }

            await Task.Delay(world.Random.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(800)), process.Time);
        }
    }

    // a side may close a pair's channel and keep the session: the channel is opened again
    private static async Task KeepChannelAsync(PairWorld world, SimProcess process, LinkSession session, Guid pair, Action<Guid, IPeerChannel> attach)
    {
        while (session.Failure is null)
        {
            try
            {
                var channel = await session.OpenChannelAsync(pair, CancellationToken.None);
                attach(pair, channel);
                await channel.Closed;
            }
            catch (IOException)
            {
                // refused, or the session has ended
            }

            await Task.Delay(world.Random.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(500)), process.Time);
        }
    }

    /// <summary>Takes sessions and hands the pairs' channels over.</summary>
    public static async Task AcceptAsync(PairWorld world, SimProcess process, SimListener listener, Guid agent, Action<Guid, IPeerChannel> attach)
    {
        while (true)
        {
            var transport = await listener.AcceptAsync(CancellationToken.None);
            process.Start(() => ServeAsync(transport));
        }

        async Task ServeAsync(ILinkTransport transport)
        {
            try
            {
                await using var session = await LinkSession.StartAsync(
                    transport, Options(world, agent, isInitiator: false, attach), process.Time, NullLogger.Instance, CancellationToken.None);
                await session.Completion;
            }
            catch (IOException)
            {
                // the handshake failed; the peer tries again
            }
        }
    }

    private static LinkOptions Options(PairWorld world, Guid agent, bool isInitiator, Action<Guid, IPeerChannel>? attach) => new()
    {
        AgentId = agent,
        SoftwareVersion = "simulation",
        IsInitiator = isInitiator,
        NewId = world.NewId,
        MaxFrameBytes = 1 << 20,
        ChannelCreditBytes = 4 << 20,
        AcceptChannel = attach is null ? null : (pair, channel) =>
        {
            var isKnown = world.Identities.Any(identity => identity.PairId == pair);
            if (isKnown)
            {
                attach(pair, channel);
            }

            return ValueTask.FromResult(isKnown);
        },
    };
}
