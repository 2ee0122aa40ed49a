using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Protocols.Tests.Nbd;

public sealed class NbdLifecycleTests
{
    private const int Size = 1 << 20;

    [Fact]
    public async Task Stopping_finishes_requests_in_flight_and_answers_them()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var export = new MemoryExport("v", Size)
        {
            Before = (_, _, _) =>
            {
                reached.TrySetResult();
                return released.Task;
            },
        };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        Task write = client.WriteAsync(0, new byte[4096], NbdWriteOptions.None, CancellationToken.None).AsTask();
        await reached.Task;
        Task stop = server.Server.StopAsync(TimeSpan.FromSeconds(30)).AsTask();
        Assert.False(stop.IsCompleted);
        released.SetResult();
        await stop;
        await write;
        await Assert.ThrowsAnyAsync<IOException>(async () => await client.FlushAsync(CancellationToken.None));
        await Assert.ThrowsAsync<IOException>(() => server.ConnectAsync("v"));
    }

    [Fact]
    [Rule("P-7")]
    public async Task An_export_that_hangs_does_not_hold_the_stop_past_its_deadline()
    {
        var hung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var export = new MemoryExport("v", Size)
        {
            Before = (_, _, token) =>
            {
                token.Register(() => cancelled.TrySetResult());
                reached.TrySetResult();
                return hung.Task;
            },
        };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        Task write = client.WriteAsync(0, new byte[4096], NbdWriteOptions.None, CancellationToken.None).AsTask();
        await reached.Task;
        await server.Server.StopAsync(TimeSpan.FromMilliseconds(100)).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAnyAsync<IOException>(() => write);

        // What completes after the end gives its memory back all the same.
        Assert.NotEqual(0, server.Server.BytesInFlight);
        hung.SetResult();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (server.Server.BytesInFlight != 0)
        {
            await Task.Delay(5, deadline.Token);
        }
    }

    [Fact]
    public async Task Removing_an_export_closes_its_connections_and_no_others()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(new MemoryExport("a", Size), new MemoryExport("b", Size));
        await using NbdClient first = await server.ConnectAsync("a");
        await using NbdClient second = await server.ConnectAsync("b");
        Assert.True(await server.Exports.RemoveAsync("a", TimeSpan.FromSeconds(10)));
        await Assert.ThrowsAnyAsync<IOException>(async () => await first.ReadAsync(0, new byte[512], CancellationToken.None));
        await second.ReadAsync(0, new byte[512], CancellationToken.None);
        Assert.Equal("b", Assert.Single(server.Server.Connections).ExportName);
    }

    [SkippableFact]
    [Rule("P-9")]
    public async Task The_socket_is_its_owners_alone_unless_local_users_are_allowed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await using NbdTestServer closed = await NbdTestServer.StartAsync(path => new NbdServerOptions { UnixSocketPath = Path.Combine(path, "new", "s") });
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(closed.SocketPath));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, Mode(Path.GetDirectoryName(closed.SocketPath)!));

        await using NbdTestServer open = await NbdTestServer.StartAsync(path => new NbdServerOptions { UnixSocketPath = path, AllowLocalUsers = true });
        Assert.True(Mode(open.SocketPath).HasFlag(UnixFileMode.OtherWrite));
    }

    [SkippableFact]
    [Rule("P-9")]
    public async Task A_directory_that_others_may_write_to_is_refused()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes.");
        string directory = Directory.CreateTempSubdirectory("mt-nbd-").FullName;
        SetMode(directory, (UnixFileMode)0b111_111_111);
        await using NbdServer server = Server(new NbdServerOptions { UnixSocketPath = Path.Combine(directory, "s") });
        await Assert.ThrowsAsync<IOException>(async () => await server.StartAsync(CancellationToken.None));
        Directory.Delete(directory);
    }

    [Fact]
    public async Task A_dead_servers_socket_is_replaced_and_a_living_ones_is_not()
    {
        await using NbdTestServer living = await NbdTestServer.StartAsync();
        await using (NbdServer second = Server(new NbdServerOptions { UnixSocketPath = living.SocketPath }))
        {
            IOException refused = await Assert.ThrowsAsync<IOException>(async () => await second.StartAsync(CancellationToken.None));
            Assert.Contains("answers", refused.Message, StringComparison.Ordinal);
        }

        string stale = Path.Combine(living.Directory, "stale");
        MakeStale(stale);
        Assert.True(Path.Exists(stale));
        await using NbdServer third = Server(new NbdServerOptions { UnixSocketPath = stale });
        await third.StartAsync(CancellationToken.None);
        Assert.Empty(await NbdClient.ListExportsAsync(NbdAddress.Unix(stale), new NbdClientOptions(), CancellationToken.None));
    }

    [Fact]
    public async Task A_file_in_the_sockets_place_is_left_alone()
    {
        string directory = Directory.CreateTempSubdirectory("mt-nbd-").FullName;
        string path = Path.Combine(directory, "precious");
        await File.WriteAllTextAsync(path, "data");
        await using NbdServer server = Server(new NbdServerOptions { UnixSocketPath = path });
        await Assert.ThrowsAsync<IOException>(async () => await server.StartAsync(CancellationToken.None));
        Assert.Equal("data", await File.ReadAllTextAsync(path));
        await File.WriteAllTextAsync(path, "");
        await using NbdServer again = Server(new NbdServerOptions { UnixSocketPath = path });
        await Assert.ThrowsAsync<IOException>(async () => await again.StartAsync(CancellationToken.None));
        Assert.True(File.Exists(path));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task The_socket_is_gone_after_the_stop()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync();
        await server.Server.StopAsync(TimeSpan.FromSeconds(1));
        Assert.False(Path.Exists(server.SocketPath));
    }

    [Fact]
    [Rule("P-9")]
    public void Addresses_that_let_strangers_in_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Server(new NbdServerOptions()));
        Assert.Throws<ArgumentException>(() => Server(new NbdServerOptions { TcpEndPoint = new IPEndPoint(IPAddress.Loopback, 0) }));
        Assert.Throws<ArgumentException>(() => Server(new NbdServerOptions { TcpEndPoint = new IPEndPoint(IPAddress.Any, 0), AllowLocalUsers = true }));
    }

    [Fact]
    public async Task Loopback_tcp_serves_where_local_users_are_allowed()
    {
        var export = new MemoryExport("v", Size);
        await using NbdTestServer server = await NbdTestServer.StartAsync(
            path => new NbdServerOptions { UnixSocketPath = path, TcpEndPoint = new IPEndPoint(IPAddress.Loopback, 0), AllowLocalUsers = true }, export);
        await using NbdClient client = await NbdClient.ConnectAsync(
            NbdAddress.Parse($"127.0.0.1:{server.Server.TcpEndPoint!.Port}"), NbdTestServer.ClientOptions("v"), CancellationToken.None);
        await client.WriteAsync(0, Enumerable.Repeat((byte)9, 4096).ToArray(), NbdWriteOptions.None, CancellationToken.None);
        Assert.Equal(9, export.Bytes[4095]);
    }

    private static NbdServer Server(NbdServerOptions options) => new(options, new NbdExportTable(), NullLogger<NbdServer>.Instance);

    /// <summary>Leaves a socket file behind as a killed process does.</summary>
    private static void MakeStale(string path)
    {
        string elsewhere = path + ".moved";
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.Move(path, elsewhere);
        }

        File.Move(elsewhere, path);
    }

    private static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path) & (UnixFileMode)0b111_111_111;

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
