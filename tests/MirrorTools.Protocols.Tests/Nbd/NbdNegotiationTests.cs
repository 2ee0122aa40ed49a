using System.Text;
using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Protocols.Tests.Nbd;

public sealed class NbdNegotiationTests
{
    private const int Size = 1 << 20;

    [Fact]
    public async Task The_client_learns_size_features_and_block_sizes()
    {
        var export = new MemoryExport("v", Size) { BlockSizes = new NbdBlockSizes(4096, 65536, 1 << 20) };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        Assert.Equal(Size, client.LengthBytes);
        Assert.Equal(export.Features, client.Features);
        Assert.Equal(export.BlockSizes, client.BlockSizes);
    }

    [Fact]
    public async Task Exports_come_and_go_at_run_time()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync();
        Assert.Empty(await ListAsync(server));
        server.Exports.Add(new MemoryExport("b", Size));
        server.Exports.Add(new MemoryExport("a/ü", Size));
        Assert.Throws<ArgumentException>(() => server.Exports.Add(new MemoryExport("b", Size)));
        Assert.Equal(["a/ü", "b"], await ListAsync(server));
        Assert.True(await server.Exports.RemoveAsync("b", TimeSpan.FromSeconds(5)));
        Assert.False(await server.Exports.RemoveAsync("b", TimeSpan.FromSeconds(5)));
        Assert.Equal(["a/ü"], await ListAsync(server));
    }

    [Theory]
    [InlineData("")]
    [InlineData("V")]
    [InlineData("other")]
    public async Task A_host_never_gets_another_export_than_the_one_it_named(string name)
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(new MemoryExport("v", Size));
        NbdException refused = await Assert.ThrowsAsync<NbdException>(() => server.ConnectAsync(name, new NbdClientOptions { ExportName = name }));
        Assert.Contains("There is no export", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Rule("P-6")]
    public async Task An_unavailable_export_refuses_new_hosts_and_says_why()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(new MemoryExport("v", Size) { RefusalReason = "Its generation is old." });
        NbdException refused = await Assert.ThrowsAsync<NbdException>(() => server.ConnectAsync("v", new NbdClientOptions { ExportName = "v" }));
        Assert.Equal(NbdError.ShuttingDown, refused.Error);
        Assert.Contains("Its generation is old.", refused.Message, StringComparison.Ordinal);

        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet().SendOption(NbdProtocol.OptExportName, "v"u8);
        Assert.True(raw.IsClosedByServer());
    }

    [Theory]
    [InlineData(3u, 10)]
    [InlineData(1u, 134)]
    public async Task The_old_export_name_option_still_attaches(uint clientFlags, int replyBytes)
    {
        var export = new MemoryExport("v", Size) { Features = NbdExportFeatures.Flush };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet(clientFlags).SendOption(NbdProtocol.OptExportName, "v"u8);
        byte[] reply = raw.Receive(replyBytes);
        Assert.True(NbdExportInfo.TryRead(reply, out NbdExportInfo info));
        Assert.Equal(new NbdExportInfo(Size, NbdProtocol.FlagHasFlags | NbdProtocol.FlagSendFlush), info);
        Assert.All(reply.Skip(NbdExportInfo.Size), zero => Assert.Equal(0, zero));
        raw.SendRequest(new NbdRequestHeader(0, NbdCommand.Read, 5, 0, 512));
        Assert.Equal(new NbdSimpleReplyHeader(NbdError.None, 5), raw.ReceiveSimple());
        Assert.Equal(new byte[512], raw.Receive(512));
    }

    [Fact]
    public async Task Info_describes_without_attaching()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(new MemoryExport("v", Size) { Description = "the payroll" });
        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet();
        byte[] payload = [.. RawNbdClient.GoPayload("v")[..^2], 0, 2, 0, 1, 0, 2];
        raw.SendOption(NbdProtocol.OptInfo, payload);
        var replies = new List<byte[]>();
        while (raw.ReceiveOptionReply() is { Header.Reply: NbdProtocol.RepInfo } reply)
        {
            replies.Add(reply.Payload);
        }

        Assert.Contains(replies, info => info.AsSpan().SequenceEqual(new byte[] { 0, 1, (byte)'v' }));
        Assert.Contains(replies, info => Encoding.UTF8.GetString(info).EndsWith("the payroll", StringComparison.Ordinal));
        Assert.Contains(replies, info => info[1] == NbdProtocol.InfoBlockSize);
        Assert.Contains(replies, info => info[1] == NbdProtocol.InfoExport);
        Assert.Null(Assert.Single(server.Server.Connections).ExportName);
        raw.SendOption(NbdProtocol.OptAbort, []);
        Assert.Equal(NbdProtocol.RepAck, raw.ReceiveOptionReply().Header.Reply);
        Assert.True(raw.IsClosedByServer());
    }

    [Fact]
    public async Task Options_that_are_malformed_unknown_or_too_long_are_refused_and_the_negotiation_goes_on()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(new MemoryExport("v", Size));
        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet();
        (uint Option, byte[] Payload, uint Expected)[] cases =
        [
            (77, [1, 2, 3], NbdProtocol.RepErrUnsupported),
            (NbdProtocol.OptGo, [], NbdProtocol.RepErrInvalid),
            (NbdProtocol.OptGo, [0xff, 0xff, 0xff, 0xff, 0, 0], NbdProtocol.RepErrInvalid),
            (NbdProtocol.OptGo, [0, 0, 0, 1, 0xff, 0, 0], NbdProtocol.RepErrInvalid),
            (NbdProtocol.OptInfo, [0, 0, 0, 1, (byte)'v', 0, 3], NbdProtocol.RepErrInvalid),
            (NbdProtocol.OptList, [1], NbdProtocol.RepErrInvalid),
            (NbdProtocol.OptStartTls, [], NbdProtocol.RepErrPolicy),
            (NbdProtocol.OptSetMetaContext, [0, 0, 0, 1, (byte)'v', 0, 0, 0, 0], NbdProtocol.RepErrInvalid),
            (NbdProtocol.OptGo, new byte[NbdProtocol.MaxOptionBytes + 1], NbdProtocol.RepErrTooBig),
        ];
        foreach ((uint option, byte[] payload, uint expected) in cases)
        {
            raw.SendOption(option, payload);
            NbdOptionReplyHeader reply = raw.ReceiveOptionReply().Header;
            Assert.Equal((option, expected), (reply.Option, reply.Reply));
        }

        raw.Go("v");
    }

    [Fact]
    public async Task Contexts_are_listed_by_namespace_and_set_by_name()
    {
        await using NbdTestServer server = await NbdTestServer.StartAsync(new MemoryExport("v", Size));
        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet().SendOption(NbdProtocol.OptStructuredReply, []);
        raw.ReceiveOptionReply();
        Assert.Equal(3, Contexts(raw, NbdProtocol.OptListMetaContext).Count);
        Assert.Equal(["mirrortools:copied", "mirrortools:future"], Contexts(raw, NbdProtocol.OptListMetaContext, "mirrortools:"));
        Assert.Empty(Contexts(raw, NbdProtocol.OptSetMetaContext, "mirrortools:", "qemu:dirty-bitmap"));
        Assert.Equal(["mirrortools:copied"], Contexts(raw, NbdProtocol.OptSetMetaContext, "mirrortools:copied", "base:other"));
    }

    [Theory]
    [InlineData("", 3, 4096, 1 << 20)]
    [InlineData("", 512, 256, 1 << 20)]
    [InlineData("", 512, 4096, 64 << 20)]
    [InlineData("long", 512, 4096, 1 << 20)]
    public void An_export_with_impossible_properties_is_not_taken(string name, int minimum, int preferred, int maximum)
    {
        string fullName = name.Length > 0 ? new string('x', 4097) : "v";
        var export = new MemoryExport(fullName, Size) { BlockSizes = new NbdBlockSizes(minimum, preferred, maximum) };
        Assert.Throws<ArgumentException>(() => new NbdExportTable().Add(export));
    }

    private static List<string> Contexts(RawNbdClient raw, uint option, params string[] queries)
    {
        List<byte> payload = [0, 0, 0, 1, (byte)'v', 0, 0, 0, (byte)queries.Length];
        foreach (string query in queries)
        {
            payload.AddRange([0, 0, 0, (byte)query.Length, .. Encoding.UTF8.GetBytes(query)]);
        }

        raw.SendOption(option, [.. payload]);
        var names = new List<string>();
        while (raw.ReceiveOptionReply() is { Header.Reply: NbdProtocol.RepMetaContext } reply)
        {
            names.Add(Encoding.UTF8.GetString(reply.Payload.AsSpan(4)));
        }

        return names;
    }

    private static Task<IReadOnlyList<string>> ListAsync(NbdTestServer server) =>
        NbdClient.ListExportsAsync(server.Address, new NbdClientOptions(), CancellationToken.None);
}
