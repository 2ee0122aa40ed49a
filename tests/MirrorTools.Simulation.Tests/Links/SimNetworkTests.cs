using MirrorTools.Engine.Link;
using MirrorTools.Simulation.Links;
using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Simulation.Tests.Links;

public sealed class SimNetworkTests
{
    private static readonly byte[] Message = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 31))];

    [Fact]
    public void Bytes_arrive_whole_and_in_order_whatever_the_pieces() => EverySeed(20, async (site, client, server) =>
    {
        var sent = site.Client.InvokeAsync(async () =>
        {
            await client.SendAsync(Message, default);
            await client.DisposeAsync();
            return true;
        });
        Assert.Equal(Message, await ReceiveAll(server));
        await sent;
    });

    [Fact]
    public void A_cut_loses_the_rest_of_a_frame_at_any_byte_and_tells_both_ends()
    {
        var lengths = new HashSet<int>();
        EverySeed(40, async (site, client, server) =>
        {
            await client.SendAsync(Message, default);
            await Task.Delay(TimeSpan.FromMilliseconds(1), site.Scheduler.World.Time);
            site.Network.Cut("site1", "site2");
            var got = await ReceiveUntilCut(server);
            Assert.True(got.Length < Message.Length);
            Assert.Equal(Message[..got.Length], got);
            lengths.Add(got.Length);
            await Assert.ThrowsAsync<IOException>(async () => await client.SendAsync(Message, default));
        });
        Assert.True(lengths.Count > 10);
    }

    [Fact]
    public void A_one_way_cut_is_silent_and_bytes_come_late_after_the_heal() => EverySeed(10, async (site, client, server) =>
    {
        site.Network.Block("site1", "site2");
        await client.SendAsync(Message, default);
        await server.SendAsync(Message.AsMemory(0, 10), default);
        Assert.True(await client.ReceiveAsync(new byte[10], default) > 0);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(5), site.Scheduler.World.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await server.ReceiveAsync(new byte[10], deadline.Token));
        site.Network.Heal("site1", "site2");
        await client.DisposeAsync();
        Assert.Equal(Message, await ReceiveAll(server));
    });

    [Fact]
    public void A_peer_that_does_not_read_holds_the_sender_back() => Run(1, async (site, client, _) =>
    {
        var big = new byte[site.Network.Options.WindowBytes * 2];
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1), site.Scheduler.World.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await client.SendAsync(big, deadline.Token));
    });

    [Fact]
    public void A_killed_peer_is_seen_as_the_end_of_the_stream_and_then_as_a_reset() => EverySeed(20, async (site, client, server) =>
    {
        await server.SendAsync(Message.AsMemory(0, 100), default);
        site.Server.Kill();
        Assert.Equal(Message[..100], await ReceiveAll(client));
        await Task.Delay(TimeSpan.FromSeconds(1), site.Scheduler.World.Time);
        await Assert.ThrowsAsync<IOException>(async () => await client.SendAsync(Message, default));
    });

    [Fact]
    public void A_machine_without_power_says_nothing() => EverySeed(10, async (site, client, _) =>
    {
        site.Network.SwitchOff("site2");
        site.Server.Kill();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(5), site.Scheduler.World.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await client.ReceiveAsync(new byte[10], deadline.Token));
        await client.SendAsync(Message.AsMemory(0, 100), default);
        site.Network.SwitchOn("site2");
        await Task.Delay(TimeSpan.FromSeconds(1), site.Scheduler.World.Time);
        await Assert.ThrowsAsync<IOException>(async () => await client.SendAsync(Message, default));
    });

    [Fact]
    public void Connects_are_refused_where_nobody_listens_and_unanswered_across_a_partition() => Run(1, async (site, _, _) =>
    {
        var refused = await Assert.ThrowsAsync<IOException>(async () => await site.Network.ConnectAsync(site.Client, "site1", "site3", default));
        Assert.Contains("refuses", refused.Message, StringComparison.Ordinal);
        site.Network.Partition("site1", "site2");
        var silent = await Assert.ThrowsAsync<IOException>(async () => await site.Network.ConnectAsync(site.Client, "site1", "site2", default));
        Assert.Contains("does not answer", silent.Message, StringComparison.Ordinal);
        site.Network.Heal("site1", "site2");
        await site.Network.ConnectAsync(site.Client, "site1", "site2", default);
    });

    private static void EverySeed(int seeds, Func<Site, ILinkTransport, ILinkTransport, Task> body)
    {
        for (var seed = 1; seed <= seeds; seed++)
        {
            Run((ulong)seed, body);
        }
    }

    private static void Run(ulong seed, Func<Site, ILinkTransport, ILinkTransport, Task> body)
    {
        var scheduler = new SimScheduler(seed);
        var network = new SimNetwork(scheduler, new SimLinkOptions { BytesPerSecond = 50_000_000 });
        scheduler.Run(async () =>
        {
            var site = new Site(scheduler, network, scheduler.CreateProcess("client"), scheduler.CreateProcess("server"));
            var listener = network.Listen(site.Server, "site2");
            var client = await network.ConnectAsync(site.Client, "site1", "site2", default);
            await body(site, client, await listener.AcceptAsync(default));
        });
    }

    private static async Task<byte[]> ReceiveAll(ILinkTransport transport)
    {
        var all = new MemoryStream();
        var buffer = new byte[7000];
        while (await transport.ReceiveAsync(buffer, default) is var count and > 0)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    private static async Task<byte[]> ReceiveUntilCut(ILinkTransport transport)
    {
        var all = new MemoryStream();
        var buffer = new byte[7000];
        try
        {
            while (true)
            {
                var count = await transport.ReceiveAsync(buffer, default);
                Assert.NotEqual(0, count);
                all.Write(buffer, 0, count);
            }
        }
        catch (IOException)
        {
            return all.ToArray();
        }
    }

    private sealed record Site(SimScheduler Scheduler, SimNetwork Network, SimProcess Client, SimProcess Server);
}
