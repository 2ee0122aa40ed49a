using MirrorTools.Agent.Tests.Rigs;

namespace MirrorTools.Agent.Tests.Hosting;

/// <summary><c>mirror-agent serve</c>: one file by NBD, without a mirror.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ServeTests()
    {
        using var file = File.Create(_directory["a"]);
        file.SetLength(16 << 20);
    }

    private string Uri => $"nbd+unix:///?socket={_directory["s"]}";

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public async Task A_file_is_served_to_nbd_clients_until_the_stop()
    {
        Skip.IfNot(Command.Exists("qemu-io") && Command.Exists("nbdinfo"), "needs qemu-io and nbdinfo");
        using var server = await StartAsync();
        Command.Run("qemu-io", "-f", "raw", "-c", "write -P 0x5a 1M 1M", "-c", "write -z 1M 64k", "-c", "flush", Uri);
        Assert.Equal("16777216", Command.Run("nbdinfo", "--size", Uri).Trim());
        Assert.Contains("data", Command.Run("nbdinfo", "--map", Uri), StringComparison.Ordinal);
        Assert.NotEqual(0, Command.TryRun(AgentProcess.Program, "serve", "--file", _directory["a"], "--socket", _directory["other"]).ExitCode);
        Command.Run("kill", "-TERM", $"{server.Id}");
        Assert.True(server.WaitForExit(TimeSpan.FromSeconds(20)), server.Output);
        Assert.Equal(0, server.ExitCode);
        var content = File.ReadAllBytes(_directory["a"]);
        Assert.Equal((0, 0x5a), (content[1 << 20], content[(1 << 20) + 65536]));
    }

    [SkippableFact]
    public async Task A_file_served_for_reading_only_refuses_writers()
    {
        Skip.IfNot(Command.Exists("qemu-io"), "needs qemu-io");
        using var server = await StartAsync("--read-only");
        Command.Run("qemu-io", "-r", "-f", "raw", "-c", "read -P 0 1M 1M", Uri);
        var (_, said) = Command.TryRun("qemu-io", "-f", "raw", "-c", "write -P 1 0 4k", Uri);
        Assert.DoesNotContain("wrote", said, StringComparison.Ordinal);
        Assert.Equal(0, File.ReadAllBytes(_directory["a"])[0]);
    }

    private async Task<BackgroundCommand> StartAsync(params string[] options)
    {
        var server = BackgroundCommand.Start(AgentProcess.Program, ["serve", "--file", _directory["a"], "--socket", _directory["s"], .. options]);
        await Eventually.TrueAsync(() => Task.FromResult(server.Output.Contains("nbd+unix", StringComparison.Ordinal)), $"the file is served: {server.Output}");
        return server;
    }
}
