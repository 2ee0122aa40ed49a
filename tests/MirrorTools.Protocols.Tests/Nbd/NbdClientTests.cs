using System.Net.Sockets;
using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>Our client against servers that are slow, gone, hostile or of another project.</summary>
public sealed class NbdClientTests
{
    [Fact]
    public async Task Nobody_there_is_said_with_the_address()
    {
        IOException refused = await Assert.ThrowsAsync<IOException>(
            () => NbdClient.ConnectAsync(NbdAddress.Unix("/nowhere/at/all"), new NbdClientOptions(), CancellationToken.None));
        Assert.Contains("/nowhere/at/all", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Rule("P-7")]
    public async Task A_server_that_does_not_answer_a_request_costs_the_deadline_and_the_connection()
    {
        var export = new MemoryExport("v", 1 << 20) { Before = (_, _, token) => Task.Delay(Timeout.Infinite, token) };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v", new NbdClientOptions { ExportName = "v", RequestDeadline = TimeSpan.FromMilliseconds(100) });
        IOException lost = await Assert.ThrowsAsync<IOException>(async () => await client.FlushAsync(CancellationToken.None));
        Assert.IsType<TimeoutException>(lost.InnerException);
        await Assert.ThrowsAsync<IOException>(async () => await client.FlushAsync(CancellationToken.None));
        await server.Server.StopAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    [Rule("P-7")]
    public async Task A_server_that_does_not_greet_costs_the_deadline()
    {
        using var mute = new FakeServer([]);
        await Assert.ThrowsAsync<TimeoutException>(() => NbdClient.ConnectAsync(
            mute.Address, new NbdClientOptions { ConnectDeadline = TimeSpan.FromMilliseconds(100) }, CancellationToken.None));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_a_server_replies_the_client_ends_with_an_exception(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 50; round++)
        {
            byte[] reply = Reply(random);
            using var hostile = new FakeServer([.. FakeServer.Negotiation(1 << 20), .. reply]);
            await using NbdClient client = await NbdClient.ConnectAsync(
                hostile.Address, new NbdClientOptions { ExportName = "v", RequestDeadline = TimeSpan.FromSeconds(10) }, CancellationToken.None);
            byte[] guarded = new byte[3 * 4096];
            await Assert.ThrowsAnyAsync<IOException>(async () =>
            {
                await client.ReadAsync(0, guarded.AsMemory(4096, 4096), CancellationToken.None);
                await client.FlushAsync(CancellationToken.None);
            });
            Assert.True(guarded.AsSpan(0, 4096).IndexOfAnyExcept((byte)0) < 0 && guarded.AsSpan(8192).IndexOfAnyExcept((byte)0) < 0, $"seed {seed}, round {round}");
        }
    }

    [SkippableFact]
    public async Task It_speaks_with_another_projects_server()
    {
        string directory = Directory.CreateTempSubdirectory("mt-nbd-").FullName;
        string socket = Path.Combine(directory, "s");
        string image = Path.Combine(directory, "v.img");
        using (FileStream file = File.Create(image))
        {
            file.SetLength(16 << 20);
        }

        Task<(int ExitCode, string Output)> other = ExternalTool.TryRunAsync("qemu-nbd", "-f", "raw", "-k", socket, "-x", "v", image);
        while (!Path.Exists(socket) && !other.IsCompleted)
        {
            await Task.Delay(5);
        }

        if (other.IsCompleted)
        {
            await other;
        }

        var options = new NbdClientOptions { ExportName = "v", MetaContexts = [NbdMetaContexts.BaseAllocation] };
        await using (NbdClient client = await NbdClient.ConnectAsync(NbdAddress.Unix(socket), options, CancellationToken.None))
        {
            byte[] data = new byte[1 << 20];
            new Random(5).NextBytes(data);
            await client.WriteAsync(1 << 20, data, NbdWriteOptions.ForceUnitAccess, CancellationToken.None);
            byte[] read = new byte[3 << 20];
            await client.ReadAsync(0, read, CancellationToken.None);
            Assert.True(read.AsSpan(1 << 20, 1 << 20).SequenceEqual(data));
            Assert.False(read.AsSpan(2 << 20).ContainsAnyExcept((byte)0));
            await client.TrimAsync(0, 65536, NbdWriteOptions.None, CancellationToken.None);
            await client.WriteZeroesAsync(1 << 20, 65536, NbdWriteOptions.NoHole, CancellationToken.None);
            await client.FlushAsync(CancellationToken.None);
            IReadOnlyList<NbdStatusExtent> extents = await client.BlockStatusAsync(NbdMetaContexts.BaseAllocation, 0, 16 << 20, false, CancellationToken.None);
            Assert.Equal(NbdMetaContexts.Hole | NbdMetaContexts.Zero, extents[0].Flags);
        }

        Assert.Equal(0, (await other).ExitCode);
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("/run/mt/s", "/run/mt/s", null, 0)]
    [InlineData("host", null, "host", 10809)]
    [InlineData("10.0.0.1:1234", null, "10.0.0.1", 1234)]
    [InlineData("[::1]:99", null, "::1", 99)]
    [InlineData("[::1]", null, "::1", 10809)]
    public void Addresses_are_understood(string text, string? path, string? host, int port)
    {
        NbdAddress address = NbdAddress.Parse(text);
        Assert.Equal((path, host, port), (address.UnixSocketPath, address.Host, address.Port));
    }

    [Theory]
    [InlineData("host:port")]
    [InlineData(":1")]
    [InlineData("host:99999")]
    public void Addresses_that_are_none_are_refused(string text) => Assert.Throws<FormatException>(() => NbdAddress.Parse(text));

    private static byte[] Reply(Random random)
    {
        byte[] bytes = new byte[random.Next(1, 8192)];
        random.NextBytes(bytes);
        ulong cookie = random.Next(4) == 0 ? (ulong)random.NextInt64() : FakeServer.FirstCookie;
        switch (random.Next(3))
        {
            case 0:
                Array.Resize(ref bytes, Math.Max(bytes.Length, NbdSimpleReplyHeader.Size));
                new NbdSimpleReplyHeader((NbdError)random.Next(2), cookie).Write(bytes);
                break;
            case 1:
                Array.Resize(ref bytes, Math.Max(bytes.Length, NbdChunkHeader.Size));
                ushort type = (ushort)(random.Next(8) | (random.Next(4) == 0 ? NbdProtocol.ChunkErrorBit : 0));
                new NbdChunkHeader((ushort)random.Next(2), type, cookie, (uint)random.Next(bytes.Length)).Write(bytes);
                break;
        }

        return bytes;
    }

    /// <summary>Says fixed bytes to one client, whatever it asks, and closes.</summary>
    private sealed class FakeServer : IDisposable
    {
        /// <summary>The cookie of the first request of a client with 64 slots.</summary>
        public const ulong FirstCookie = (1UL << 16) | 63;

        private readonly string _directory = Directory.CreateTempSubdirectory("mt-nbd-").FullName;
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly Task _serving;

        public FakeServer(byte[] bytes)
        {
            string path = Path.Combine(_directory, "s");
            Address = NbdAddress.Unix(path);
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            _listener.Listen();
            _serving = ServeAsync(bytes);
        }

        public NbdAddress Address { get; }

        /// <summary>Greeting, structured replies granted, GO answered.</summary>
        public static byte[] Negotiation(ulong size)
        {
            byte[] bytes = new byte[NbdGreeting.Size + (3 * NbdOptionReplyHeader.Size) + 2 + NbdExportInfo.Size];
            new NbdGreeting(3).Write(bytes);
            int at = NbdGreeting.Size;
            new NbdOptionReplyHeader(NbdProtocol.OptStructuredReply, NbdProtocol.RepAck, 0).Write(bytes.AsSpan(at));
            at += NbdOptionReplyHeader.Size;
            new NbdOptionReplyHeader(NbdProtocol.OptGo, NbdProtocol.RepInfo, 2 + NbdExportInfo.Size).Write(bytes.AsSpan(at));
            at += NbdOptionReplyHeader.Size + 2;
            new NbdExportInfo(size, NbdProtocol.FlagHasFlags | NbdProtocol.FlagSendFlush).Write(bytes.AsSpan(at));
            at += NbdExportInfo.Size;
            new NbdOptionReplyHeader(NbdProtocol.OptGo, NbdProtocol.RepAck, 0).Write(bytes.AsSpan(at));
            return bytes;
        }

        public void Dispose()
        {
            _listener.Dispose();
            Directory.Delete(_directory, recursive: true);
        }

        private async Task ServeAsync(byte[] bytes)
        {
            try
            {
                using Socket client = await _listener.AcceptAsync();
                int negotiation = Math.Min(bytes.Length, Negotiation(0).Length);
                await client.SendAsync(bytes.AsMemory(0, negotiation));
                byte[] asked = new byte[4096];
                int seen = 0;
                while (seen < 4 + 16 + 16 + 4 + 1 + 4 + NbdRequestHeader.Size)
                {
                    int received = await client.ReceiveAsync(asked);
                    if (received == 0)
                    {
                        return;
                    }

                    seen += received;
                }

                await client.SendAsync(bytes.AsMemory(negotiation));
                client.Shutdown(SocketShutdown.Send);
                while (await client.ReceiveAsync(asked) > 0)
                {
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The client or the test was done first.
            }
        }
    }
}
