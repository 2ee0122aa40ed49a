using System.Net;
using System.Net.Sockets;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>A megabyte of anything on every listener: the agent logs one line, goes on, and so does the pair.</summary>
[Rule("P-9")]
public sealed class GarbageTests : IAsyncLifetime
{
    private TwoAgents _agents = null!;

    public async Task InitializeAsync()
    {
        _agents = await TwoAgents.StartAsync();
        await _agents.CreateAsync();
    }

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Theory]
    [InlineData("link")]
    [InlineData("api")]
    [InlineData("nbd over a socket")]
    [InlineData("nbd over TCP")]
    public async Task Garbage_is_one_line_of_the_log_and_nothing_else(string listener)
    {
        var endPoint = await EndPointAsync(listener);
        await _agents.WriteAsync(_agents.One, 0, 0x11, 1 << 20);
        await _agents.CycleAsync();
        var log = Path.Combine(_agents.One.State, "logs", "agent.log");
        var before = (await LinesAsync(log)).Length;
        await SendGarbageAsync(endPoint);
        string[] told = [];
        await Eventually.TrueAsync(async () => (told = [.. (await LinesAsync(log)).Skip(before).Where(line => line.Contains("closed", StringComparison.Ordinal))]).Length > 0, "a line");
        await _agents.WriteAsync(_agents.One, 4 << 20, 0x22, 1 << 20);
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
        Assert.Equal(0x22, (await _agents.Two.Client.Volumes.ReadAsync("p", 4 << 20, 512, default))[0]);
        told = [.. (await LinesAsync(log)).Skip(before).Where(line => line.Contains("closed", StringComparison.Ordinal))];
        Assert.DoesNotContain("   at ", Assert.Single(told));
    }

    private async Task<EndPoint> EndPointAsync(string listener) => listener switch
    {
        "link" => IPEndPoint.Parse((await _agents.One.Client.Agent.GetAsync(default)).LinkAddress!),
        "api" => IPEndPoint.Parse(new Uri(MirrorAgentClient.ReadRecord(_agents.One.State)!.ApiAddress).Authority),
        "nbd over TCP" => IPEndPoint.Parse(
            (await _agents.One.Client.Volumes.MountAsync("p", new MountRequest { Address = "127.0.0.1:0", AllowLocalUsers = true }, default)).Address!),
        _ => new UnixDomainSocketEndPoint((await _agents.One.Client.Volumes.MountAsync("p", new MountRequest(), default)).SocketPath!),
    };

    private static async Task SendGarbageAsync(EndPoint endPoint)
    {
        var garbage = new byte[1 << 20];
        new Random(11).NextBytes(garbage);
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        await socket.ConnectAsync(endPoint);
        try
        {
            await socket.SendAsync(garbage).InTime();
            while (await socket.ReceiveAsync(garbage).InTime() > 0)
            {
                // A greeting, or an answer that says no.
            }
        }
        catch (SocketException)
        {
            // Closed in the middle.
        }
    }

    private static async Task<string[]> LinesAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        return (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
