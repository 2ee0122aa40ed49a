using System.Net.Sockets;
using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>What hostile clients get: a closed connection, and nothing allocated for what they claim.</summary>
[Rule("P-9")]
public sealed class NbdGarbageTests
{
    private const int Size = 64 * 1024 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Garbage_costs_a_closed_connection_and_nothing_else(int seed)
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(new MemoryExport("v", Size));
        var random = new Random(seed);
        for (int round = 0; round < 100; round++)
        {
            using var raw = new RawNbdClient(server.SocketPath);
            try
            {
                Spoil(raw, random);
                raw.Socket.Shutdown(SocketShutdown.Send);
                Assert.True(raw.IsClosedByServer(), $"seed {seed}, round {round}");
            }
            catch (SocketException)
            {
                // The server hung up while the garbage was still being sent.
            }
        }

        await Eventually.TrueAsync(() => server.Server.Connections.Count == 0);
        Assert.Equal(0, server.Server.BytesInFlight);
        await using NbdClient client = await server.ConnectAsync("v");
        await client.ReadAsync(0, new byte[4096], CancellationToken.None);
    }

    [Fact]
    public async Task A_payload_over_the_limit_is_refused_and_a_far_larger_one_hung_up_on()
    {
        var export = new MemoryExport("v", Size);
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet().Go("v");
        raw.SendRequest(new NbdRequestHeader(0, NbdCommand.Read, 1, 0, (32 << 20) + 512));
        Assert.Equal(new NbdSimpleReplyHeader(NbdError.Invalid, 1), raw.ReceiveSimple());
        raw.SendRequest(new NbdRequestHeader(0, NbdCommand.Write, 2, 0, (32 << 20) + 512), new byte[(32 << 20) + 512]);
        Assert.Equal(new NbdSimpleReplyHeader(NbdError.Invalid, 2), raw.ReceiveSimple());
        Assert.Empty(export.Calls);
        raw.SendRequest(new NbdRequestHeader(0, NbdCommand.Write, 3, 0, uint.MaxValue));
        Assert.True(raw.IsClosedByServer());
    }

    [Fact]
    public async Task An_option_of_gigabytes_is_hung_up_on()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync();
        using var raw = new RawNbdClient(server.SocketPath);
        byte[] header = new byte[NbdOptionHeader.Size];
        new NbdOptionHeader(NbdProtocol.OptGo, uint.MaxValue).Write(header);
        raw.Greet().Send(header);
        Assert.True(raw.IsClosedByServer());
    }

    [Fact]
    public async Task Options_without_end_are_hung_up_on()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync();
        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet();
        Assert.ThrowsAny<Exception>(() =>
        {
            for (int count = 0; count < 100_000; count++)
            {
                raw.SendOption(NbdProtocol.OptList, []);
                raw.ReceiveOptionReply();
            }
        });
    }

    /// <summary>A valid conversation up to a random place, then random or slightly wrong bytes.</summary>
    private static void Spoil(RawNbdClient raw, Random random)
    {
        byte[] garbage = new byte[random.Next(1, 4096)];
        random.NextBytes(garbage);
        int stage = random.Next(5);
        if (stage > 0)
        {
            raw.Greet((uint)random.Next(4));
        }

        if (stage == 2)
        {
            new NbdOptionHeader((uint)random.Next(12), (uint)random.Next(garbage.Length + 100)).Write(PadTo(ref garbage, NbdOptionHeader.Size));
        }
        else if (stage > 2)
        {
            raw.Go("v");
            if (stage == 4)
            {
                var header = new NbdRequestHeader(
                    (ushort)random.Next(64), (NbdCommand)random.Next(10), (ulong)random.NextInt64(), (ulong)random.NextInt64(), (uint)random.NextInt64(1L << 32));
                header.Write(PadTo(ref garbage, NbdRequestHeader.Size));
            }
        }

        raw.Send(garbage);
    }

    private static Span<byte> PadTo(ref byte[] bytes, int length)
    {
        if (bytes.Length < length)
        {
            Array.Resize(ref bytes, length);
        }

        return bytes;
    }
}
