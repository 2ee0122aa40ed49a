using System.Net.Sockets;
using System.Text;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Tests.Hosting;

public sealed class AgentProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_record_and_the_token_are_there_when_the_API_answers_and_are_private()
    {
        await using var agent = await AgentProcess.StartAsync(_directory["s"], "--name", "berlin");
        var info = await agent.Client.Agent.GetAsync(default);
        Assert.Equal("berlin", info.Name);
        Assert.Equal(agent.Id, info.ProcessId);
        Assert.Equal("700", Command.Run("stat", "-c", "%a", agent.State).Trim());
        Assert.Equal("600", Command.Run("stat", "-c", "%a", Path.Combine(agent.State, "token")).Trim());
        Assert.Equal("600", Command.Run("stat", "-c", "%a", Path.Combine(agent.State, "agent.json")).Trim());
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_stops_it_cleanly_and_removes_the_record(string signal)
    {
        await using var agent = await AgentProcess.StartAsync(_directory["s"]);
        Assert.Equal(0, await agent.TerminateAsync(signal));
        Assert.Null(MirrorAgentClient.ReadRecord(agent.State));
    }

    [Fact]
    public async Task A_stop_through_the_API_ends_open_streams_and_the_process()
    {
        await using var agent = await AgentProcess.StartAsync(_directory["s"]);
        using var stream = await agent.Client.Events.FollowAsync(0, default);
        Assert.Equal("AgentStarted", (await stream.NextAsync(default).InTime())?.Name);
        await agent.Client.Agent.StopAsync(default);
        Assert.Equal(0, await agent.WaitForExitAsync());
    }

    [Fact]
    public async Task A_second_agent_on_the_same_state_is_refused_and_told_the_first_ones_process()
    {
        await using var first = await AgentProcess.StartAsync(_directory["s"]);
        await using var second = AgentProcess.Launch(_directory["s"]);
        Assert.Equal(3, await second.WaitForExitAsync());
        var said = second.Errors;
        Assert.Contains("MirrorAgentStateInUse", said);
        Assert.Contains($"process {first.Id}", said);
        Assert.Equal(first.Id, (await first.Client.Agent.GetAsync(default)).ProcessId);
    }

    [Fact]
    public async Task After_a_kill_the_next_agent_takes_the_state_over_and_keeps_the_events()
    {
        await using (var killed = await AgentProcess.StartAsync(_directory["s"]))
        {
            await killed.KillAsync();
        }

        await using var agent = await AgentProcess.StartAsync(_directory["s"]);
        var names = (await agent.Client.Events.ListAsync(0, 100, default)).Items.Select(item => item.Name);
        Assert.Equal(["AgentStarted", "AgentRestartedAfterCrash", "AgentStarted"], names);
    }

    [Fact]
    public async Task It_ends_with_its_parent_when_it_is_told_to()
    {
        await using var agent = await AgentProcess.StartAsync(_directory["s"]);
        agent.CloseInput();
        await agent.WaitForExitAsync();
    }

    [Fact]
    public async Task Systemd_is_told_when_it_is_ready_and_when_it_stops()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_directory["notify"]));
        socket.ReceiveTimeout = 30_000;
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", _directory["notify"]);
        AgentProcess agent;
        try
        {
            agent = AgentProcess.Launch(_directory["s"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        }

        await using (agent)
        {
            var buffer = new byte[256];
            Assert.StartsWith("READY=1\n", Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer)));
            Assert.Equal(0, await agent.TerminateAsync());
            Assert.Equal("STOPPING=1\n", Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer)));
        }
    }

    [Theory]
    [InlineData("'nope' is not a command", "nope")]
    [InlineData("'--nope' is not an option", "run", "--nope", "1")]
    [InlineData("'--api-port' takes a number", "run", "--api-port", "99999")]
    [InlineData("'--listen' takes an address", "run", "--listen", "here")]
    public void A_command_line_that_is_wrong_says_where(string said, params string[] arguments)
    {
        var (exitCode, output) = Command.TryRun(AgentProcess.Program, arguments);
        Assert.Equal(2, exitCode);
        Assert.Contains(said, output);
    }

    [Fact]
    public async Task The_configuration_file_is_read_and_the_command_line_wins()
    {
        File.WriteAllText(_directory["c.json"], """{ /* ours */ "name": "paris", "logLevel": "Debug" }""");
        await using (var agent = await AgentProcess.StartAsync(_directory["s"], "--config", _directory["c.json"]))
        {
            Assert.Equal("paris", (await agent.Client.Agent.GetAsync(default)).Name);
        }

        await using (var agent = await AgentProcess.StartAsync(_directory["s"], "--config", _directory["c.json"], "--name", "rome"))
        {
            Assert.Equal("rome", (await agent.Client.Agent.GetAsync(default)).Name);
        }
    }

    [Fact]
    public async Task A_misspelt_setting_is_an_error_that_names_it()
    {
        File.WriteAllText(_directory["c.json"], """{ "nmae": "paris" }""");
        await using var agent = AgentProcess.Launch(_directory["s"], "--config", _directory["c.json"]);
        Assert.Equal(1, await agent.WaitForExitAsync());
        Assert.Contains("nmae", agent.Errors);
    }

    [Fact]
    public async Task Logs_are_a_JSON_object_per_line_in_a_file()
    {
        await using var agent = await AgentProcess.StartAsync(_directory["s"]);
        await agent.TerminateAsync();
        var lines = File.ReadAllLines(Path.Combine(agent.State, "logs", "agent.log"));
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.True(System.Text.Json.JsonDocument.Parse(line).RootElement.TryGetProperty("level", out _)));
    }

    [Fact]
    public async Task Nobody_without_the_token_gets_anything()
    {
        await using var agent = await AgentProcess.StartAsync(_directory["s"]);
        var address = new Uri((await agent.Client.Agent.GetAsync(default)).ApiAddress);
        foreach (var token in new[] { "", "x", new string('A', 43) })
        {
            using var stranger = new MirrorAgentClient(address, token, agent.State);
            var error = await Assert.ThrowsAsync<MirrorApiException>(() => stranger.Agent.GetAsync(default));
            Assert.Equal(ErrorIds.AccessDenied, error.Error.ErrorId);
        }
    }
}
