using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Engine.Link;
using MirrorTools.Simulation.Links;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Engine.Tests.Link;

/// <summary>Two simulated agents, each a process of its own, and the wire between them.</summary>
internal sealed class LinkRig
{
    public static readonly Guid AgentA = new("aaaaaaaa-0000-4000-8000-00000000000a");
    public static readonly Guid AgentB = new("bbbbbbbb-0000-4000-8000-00000000000b");
    public static readonly Guid Pair = new("11111111-2222-4333-8444-555555555555");

    private LinkRig(SimScheduler scheduler, SimLinkOptions? wire)
    {
        Scheduler = scheduler;
        Network = new SimNetwork(scheduler, wire ?? new SimLinkOptions { BytesPerSecond = 500_000_000 });
        A = scheduler.CreateProcess("a");
        B = scheduler.CreateProcess("b");
        Random = scheduler.Random.Fork("test");
    }

    public SimScheduler Scheduler { get; }

    public SimNetwork Network { get; }

    /// <summary>The side that connects.</summary>
    public SimProcess A { get; }

    /// <summary>The side that accepts.</summary>
    public SimProcess B { get; }

    public SimRandom Random { get; }

    public static LinkOptions Options(SimProcess process, bool initiator) => new()
    {
        AgentId = initiator ? AgentA : AgentB,
        SoftwareVersion = initiator ? "1.0-a" : "1.0-b",
        IsInitiator = initiator,
        NewId = () => new Guid(process.Ordinal, 7, 7, [1, 2, 3, 4, 5, 6, 7, 8]),
    };

    public static void Run(ulong seed, Func<LinkRig, Task> body, SimLinkOptions? wire = null)
    {
        var scheduler = new SimScheduler(seed);
        scheduler.Run(() => body(new LinkRig(scheduler, wire)));
    }

    public static void EverySeed(int seeds, Func<LinkRig, Task> body, SimLinkOptions? wire = null)
    {
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            Run(seed, body, wire);
        }
    }

    /// <summary>A pair of raw transports, the first at A.</summary>
    public async Task<(ILinkTransport A, ILinkTransport B)> ConnectAsync()
    {
        var listener = Network.Listen(B, "site2");
        var a = await Network.ConnectAsync(A, "site1", "site2", default);
        return (a, await listener.AcceptAsync(default));
    }

    public Task<LinkSession> StartAsync(SimProcess process, ILinkTransport transport, LinkOptions options) =>
        process.InvokeAsync(() => LinkSession.StartAsync(transport, options, process.Time, NullLogger.Instance, default));

    /// <summary>A session that stands, both ends.</summary>
    public async Task<(LinkSession A, LinkSession B)> StartAsync(
        Func<LinkOptions, LinkOptions>? configureA = null, Func<LinkOptions, LinkOptions>? configureB = null)
    {
        var (a, b) = await ConnectAsync();
        var optionsA = Options(A, initiator: true);
        var optionsB = Options(B, initiator: false);
        var startA = StartAsync(A, a, configureA?.Invoke(optionsA) ?? optionsA);
        var sessionB = await StartAsync(B, b, configureB?.Invoke(optionsB) ?? optionsB);
        return (await startA, sessionB);
    }

    /// <summary>A session with one channel that A opened.</summary>
    public async Task<LinkedChannels> OpenAsync(
        Func<LinkOptions, LinkOptions>? configureA = null, Func<LinkOptions, LinkOptions>? configureB = null)
    {
        var accepted = new TaskCompletionSource<IPeerChannel>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (a, b) = await StartAsync(configureA, options => (configureB?.Invoke(options) ?? options) with
        {
            AcceptChannel = (_, channel) =>
            {
                accepted.TrySetResult(channel);
                return new ValueTask<bool>(true);
            },
        });
        var channel = await A.InvokeAsync(() => a.OpenChannelAsync(Pair, default));
        return new LinkedChannels(a, b, channel, await accepted.Task);
    }
}
