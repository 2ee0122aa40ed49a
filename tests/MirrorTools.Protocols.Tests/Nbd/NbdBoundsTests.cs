using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>What slow or greedy clients get: a closed connection and a bounded amount of memory.</summary>
[Rule("P-9")]
public sealed class NbdBoundsTests
{
    private const int Size = 64 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_client_that_says_nothing_is_hung_up_on_at_the_handshakes_deadline()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(
            path => new NbdServerOptions { UnixSocketPath = path, HandshakeDeadline = TimeSpan.FromMilliseconds(200) }, new MemoryExport("v", Size));
        using var silent = new RawNbdClient(server.SocketPath);
        Assert.True(silent.IsClosedByServer());

        using var slow = new RawNbdClient(server.SocketPath);
        slow.Greet();
        Assert.True(slow.IsClosedByServer());
    }

    [Fact]
    public async Task A_client_that_stalls_inside_a_payload_is_hung_up_on_but_an_idle_one_is_not()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(
            path => new NbdServerOptions { UnixSocketPath = path, StallDeadline = TimeSpan.FromMilliseconds(300) }, new MemoryExport("v", Size));
        await using NbdClient idle = await server.ConnectAsync("v");
        using var stalled = new RawNbdClient(server.SocketPath);
        stalled.Greet().Go("v").SendRequest(new NbdRequestHeader(0, NbdCommand.Write, 1, 0, 1 << 20), new byte[1000]);
        Assert.True(stalled.IsClosedByServer());
        await idle.ReadAsync(0, new byte[512], CancellationToken.None);
        await Eventually.TrueAsync(() => server.Server.BytesInFlight == 0);
    }

    [Fact]
    public async Task A_client_that_takes_no_replies_is_hung_up_on()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(
            path => new NbdServerOptions { UnixSocketPath = path, StallDeadline = TimeSpan.FromMilliseconds(300) }, new MemoryExport("v", Size));
        server.Exports.TryGet("v", out INbdExport? export);
        ((MemoryExport)export!).Bytes.AsSpan().Fill(1);
        using var greedy = new RawNbdClient(server.SocketPath);
        greedy.Greet().Go("v");
        for (ulong cookie = 0; cookie < 32; cookie++)
        {
            greedy.SendRequest(new NbdRequestHeader(0, NbdCommand.Read, cookie, 0, 1 << 20));
        }

        await Eventually.TrueAsync(() => server.Server.Connections.Count == 0);
        Assert.Equal(0, server.Server.BytesInFlight);
    }

    [Fact]
    public async Task A_client_that_takes_no_replies_never_holds_up_a_thread_of_the_export()
    {
        const int requests = 128;
        var completions = new List<TaskCompletionSource>();
        var export = new MemoryExport("v", Size)
        {
            Before = (_, _, _) =>
            {
                // Without RunContinuationsAsynchronously the server's continuation runs on the thread that completes the operation, here the test's.
                var completion = new TaskCompletionSource();
                lock (completions)
                {
                    completions.Add(completion);
                }

                return completion.Task;
            },
        };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        using var greedy = new RawNbdClient(server.SocketPath);
        greedy.Greet().Go("v");
        for (ulong cookie = 0; cookie < requests; cookie++)
        {
            greedy.SendRequest(new NbdRequestHeader(0, NbdCommand.Read, cookie, 0, 16384));
        }

        await Eventually.TrueAsync(() =>
        {
            lock (completions)
            {
                return completions.Count == requests;
            }
        });
        await Task.Run(() => completions.ForEach(completion => completion.SetResult())).WaitAsync(Patience);
        for (int count = 0; count < requests; count++)
        {
            Assert.Equal(NbdError.None, greedy.ReceiveSimple().Error);
            greedy.Receive(16384);
        }
    }

    [Fact]
    public async Task Payloads_in_flight_stay_within_the_budget_and_everything_is_served_in_the_end()
    {
        const long budget = 64L << 20;
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var export = new MemoryExport("v", Size) { Before = (_, _, _) => released.Task };
        await using NbdTestServer server = await NbdTestServer.StartAsync(
            path => new NbdServerOptions { UnixSocketPath = path, MaxBytesPerConnection = 32L << 20, MemoryBudgetBytes = budget }, export);
        NbdClient[] clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.ConnectAsync("v")));
        Task[] writes = [.. clients.SelectMany(client => Enumerable.Range(0, 20).Select(
            index => client.WriteAsync(index * (1 << 20), new byte[1 << 20], NbdWriteOptions.None, CancellationToken.None).AsTask()))];
        await Eventually.TrueAsync(() => server.Server.BytesInFlight == budget);
        lock (export.Calls)
        {
            Assert.InRange(export.Calls.Count, 1, (int)(budget >> 20));
        }

        released.SetResult();
        await Task.WhenAll(writes);
        await Eventually.TrueAsync(() => server.Server.BytesInFlight == 0);
        foreach (NbdClient client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task One_connection_has_a_bounded_number_of_requests_in_flight()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int running = 0;
        int most = 0;
        var export = new MemoryExport("v", Size)
        {
            Before = async (_, _, _) =>
            {
                int now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                await released.Task;
                Interlocked.Decrement(ref running);
            },
        };
        await using NbdTestServer server = await NbdTestServer.StartAsync(path => new NbdServerOptions { UnixSocketPath = path, MaxRequestsPerConnection = 8 }, export);
        await using NbdClient client = await server.ConnectAsync("v");
        Task[] flushes = [.. Enumerable.Range(0, 60).Select(_ => client.FlushAsync(CancellationToken.None).AsTask())];
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 8);
        released.SetResult();
        await Task.WhenAll(flushes);
        Assert.Equal(8, most);
    }

    [Fact]
    public async Task Many_connections_are_served_and_one_too_many_is_hung_up_on()
    {
        const int most = 100;
        await using NbdTestServer server = await NbdTestServer.StartAsync(
            path => new NbdServerOptions { UnixSocketPath = path, MaxConnections = most }, new MemoryExport("v", Size));
        NbdClient[] clients = await Task.WhenAll(Enumerable.Range(0, most).Select(_ => server.ConnectAsync("v")));
        await Task.WhenAll(clients.Select(async (client, index) =>
        {
            byte[] data = new byte[4096];
            data.AsSpan().Fill((byte)index);
            await client.WriteAsync(index * 4096, data, NbdWriteOptions.None, CancellationToken.None);
        }));
        Assert.Equal(most, server.Server.Connections.Count);
        using (var oneTooMany = new RawNbdClient(server.SocketPath))
        {
            Assert.True(oneTooMany.IsClosedByServer());
        }

        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        await Eventually.TrueAsync(() => server.Server.Connections.Count == 0);
        await using NbdClient next = await server.ConnectAsync("v");
        byte[] read = new byte[4096];
        await next.ReadAsync(99 * 4096, read, CancellationToken.None);
        Assert.All(read, value => Assert.Equal(99, value));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
        {
            seen = Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
