using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Trust;
using MirrorTools.Engine.Link;

namespace MirrorTools.Benchmarks.Link;

/// <summary>How fast payloads go over one link session on loopback, without TLS and with it, both ends in this process.</summary>
internal static class LinkBenchmark
{
    private static readonly int[] PayloadBytes = [4 << 10, 64 << 10, 256 << 10, 1 << 20];
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    public static async Task RunAsync()
    {
        for (int round = 0; round < 3; round++)
        {
            await RunPlainAsync();
            await RunTlsAsync();
        }
    }

    private static async Task RunPlainAsync()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listener.Listen();
        var near = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await near.ConnectAsync(listener.LocalEndPoint!);
        var far = await listener.AcceptAsync();
        far.NoDelay = true;
        var accepted = new TaskCompletionSource<IPeerChannel>(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = LinkSession.StartAsync(new SocketTransport(near), Options(true, null), TimeProvider.System, NullLogger.Instance, default);
        await using var b = await LinkSession.StartAsync(new SocketTransport(far), Options(false, accepted), TimeProvider.System, NullLogger.Instance, default);
        await using var a = await start;
        await MeasureAsync("plain", a, accepted.Task);
    }

    private static async Task RunTlsAsync()
    {
        var accepted = new TaskCompletionSource<IPeerChannel>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (trustA, hostA, _) = await StartAgentAsync("a", null);
        var (trustB, hostB, idB) = await StartAgentAsync("b", accepted);
        await using (hostA)
        await using (hostB)
        {
            await trustA.JoinAsync(trustB.CreateCode([hostB.ListenEndPoints[0].ToString()]).Code, [], default);
            await MeasureAsync("tls", await hostA.Peers.WaitAsync(idB, default), accepted.Task);
        }
    }

    private static async Task<(TrustService Trust, LinkHost Host, Guid Id)> StartAgentAsync(string name, TaskCompletionSource<IPeerChannel>? accepted)
    {
        string directory = Directory.CreateTempSubdirectory("mirrortools-").FullName;
        var identity = AgentIdentity.LoadOrCreate(directory, name, TimeProvider.System);
        var store = TrustStore.Open(directory);
        var trust = new TrustService(identity, store, TimeProvider.System, NullLogger<TrustService>.Instance);
        var options = new LinkHostOptions
        {
            ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            AcceptChannel = (_, _, channel) => new ValueTask<bool>(accepted?.TrySetResult(channel) ?? false),
        };
        var host = new LinkHost(identity, store, trust, options, TimeProvider.System, NullLoggerFactory.Instance);
        await host.StartAsync(default);
        return (trust, host, identity.AgentId);
    }

    private static MirrorTools.Engine.Link.LinkOptions Options(bool initiator, TaskCompletionSource<IPeerChannel>? accepted) => new()
    {
        AgentId = Guid.NewGuid(),
        SoftwareVersion = "benchmark",
        IsInitiator = initiator,
        NewId = Guid.NewGuid,
        AcceptChannel = (_, channel) => new ValueTask<bool>(accepted?.TrySetResult(channel) ?? false),
    };

    private static async Task MeasureAsync(string name, LinkSession session, Task<IPeerChannel> accepted)
    {
        await using var near = await session.OpenChannelAsync(Guid.NewGuid(), default);
        var far = await accepted;
        foreach (int payloadBytes in PayloadBytes)
        {
            var clock = Stopwatch.StartNew();
            var before = Environment.CpuUsage.TotalTime;
            var receiving = Task.Run(async () =>
            {
                long bytes = 0;
                while (true)
                {
                    using var message = await far.ReceiveAsync(default);
                    bytes += message.Payload.Length;
                    if (message.Message.Kind == 1)
                    {
                        return bytes;
                    }
                }
            });
            await SendAsync(near, new byte[payloadBytes], clock);
            long total = await receiving;

            // Processor time tells more than the rate where other work shares the machine.
            double used = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
            Console.WriteLine($"{name,-6} {payloadBytes >> 10,5} KiB  {total / clock.Elapsed.TotalSeconds / 1e9:F2} GB/s  {used / (total / 1e9):F2} s of processor per GB, both ends");
        }
    }

    private static async Task SendAsync(IPeerChannel channel, byte[] payload, Stopwatch clock)
    {
        Random.Shared.NextBytes(payload);
        var sends = new Queue<Task>();
        while (clock.Elapsed < Duration)
        {
            if (sends.Count >= 32)
            {
                await sends.Dequeue();
            }

            sends.Enqueue(channel.SendAsync(default, payload, default).AsTask());
        }

        await Task.WhenAll(sends);
        await channel.SendAsync(new PeerMessage { Kind = 1 }, default, default);
    }
}
