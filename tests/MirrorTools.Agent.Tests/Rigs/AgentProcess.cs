using System.Diagnostics;
using System.Text;
using MirrorTools.Contracts.Client;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>A real agent as a process of its own, on free ports. It ends with the test's process, whatever happens to that.</summary>
public sealed class AgentProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(40);
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly StringBuilder _output = new();

    private AgentProcess(ProcessStartInfo start, string state)
    {
        State = state;
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.Start();
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
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
        return new AgentProcess(start, state);
    }

    /// <summary>Ends it as a power cut of the process would.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await UntilExitAsync();
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
        await UntilExitAsync();
        return _process.ExitCode;
    }

    /// <summary>What it wrote to stderr; complete once it has ended.</summary>
    public string Errors => Text(_errors);

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

    private string Said => $"{Errors}{Text(_output)}";

    private static void Keep(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    private async Task UntilExitAsync()
    {
        using CancellationTokenSource deadline = new(StopDeadline);
        try
        {
            // Until its output has been read to its end, too.
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The agent (process {_process.Id}) did not end within {StopDeadline}; it said: {Said}");
        }
    }

    private async Task WaitForAnswerAsync()
    {
        var waited = Stopwatch.StartNew();
        while (MirrorAgentClient.ReadRecord(State)?.ProcessId != _process.Id)
        {
            Assert.False(_process.HasExited, _process.HasExited ? $"The agent ended with {_process.ExitCode}: {Said}" : "");
            Assert.True(waited.Elapsed < StartDeadline, $"The agent did not answer within {StartDeadline}: {Said}");
            await Task.Delay(20);
        }

        Client = MirrorAgentClient.Open(State);
    }
}
