using System.Diagnostics;
using MirrorTools.Contracts.Client;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>A real agent as a process of its own, on free ports. It ends with the test's process, whatever happens to that.</summary>
public sealed class AgentProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(40);
    private readonly Process _process;
    private readonly Task<string> _errors;

    private AgentProcess(Process process, string state)
    {
        _process = process;
        State = state;
        _errors = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>The state directory.</summary>
    public string State { get; }

    /// <summary>The process.</summary>
    public int Id => _process.Id;

    /// <summary>A client of its API; valid after <see cref="StartAsync"/>.</summary>
    public MirrorAgentClient Client { get; private set; } = null!;

    /// <summary>The program that the tests run.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "mirror-agent.exe" : "mirror-agent");

    /// <summary>Starts an agent and waits until its API answers.</summary>
    public static async Task<AgentProcess> StartAsync(string state, params string[] options)
    {
        var agent = Launch(state, options);
        await agent.WaitForAnswerAsync();
        return agent;
    }

    /// <summary>Starts an agent without waiting for it.</summary>
    public static AgentProcess Launch(string state, params string[] options)
    {
        var start = new ProcessStartInfo(Program, ["run", "--state", state, "--die-with-parent", .. options])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new AgentProcess(Process.Start(start)!, state);
    }

    /// <summary>Ends it as a power cut of the process would.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(StopDeadline);
    }

    /// <summary>Asks it to stop by a signal and returns its exit code.</summary>
    public async Task<int> TerminateAsync(string signal = "TERM")
    {
        Command.Run("kill", $"-{signal}", $"{_process.Id}");
        return await WaitForExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(StopDeadline);
        return _process.ExitCode;
    }

    /// <summary>What it wrote to stderr; complete once it has ended.</summary>
    public Task<string> ErrorsAsync() => _errors.WaitAsync(StopDeadline);

    /// <summary>Closes its standard input, as the system does when a parent dies.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task WaitForAnswerAsync()
    {
        var waited = Stopwatch.StartNew();
        while (MirrorAgentClient.ReadRecord(State)?.ProcessId != _process.Id)
        {
            Assert.False(_process.HasExited, _process.HasExited ? $"The agent ended with {_process.ExitCode}: {await _errors}" : "");
            Assert.True(waited.Elapsed < StartDeadline, "The agent did not answer in time.");
            await Task.Delay(20);
        }

        Client = MirrorAgentClient.Open(State);
    }
}
