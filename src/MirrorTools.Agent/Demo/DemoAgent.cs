using System.Diagnostics;
using MirrorTools.Contracts.Client;

namespace MirrorTools.Agent.Demo;

/// <summary>One of the demo's two agents: a process of its own, started from this executable, which dies with the demo.</summary>
internal sealed class DemoAgent : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private DemoAgent(Process process, string stateDirectory, MirrorAgentClient client)
    {
        _process = process;
        StateDirectory = stateDirectory;
        Client = client;
    }

    public string StateDirectory { get; }

    public MirrorAgentClient Client { get; }

    public int ProcessId => _process.Id;

    public static async Task<DemoAgent> StartAsync(string name, string stateDirectory, CancellationToken cancellationToken)
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "mirror-agent.exe" : "mirror-agent");
        ProcessStartInfo start = new(File.Exists(program) ? program : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (start.FileName == "dotnet")
        {
            start.ArgumentList.Add(typeof(DemoAgent).Assembly.Location);
        }

        foreach (string argument in (string[])["run", "--state", stateDirectory, "--name", name, "--listen", "127.0.0.1:0", "--die-with-parent"])
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start) ?? throw new IOException($"The agent '{name}' could not be started.");
        List<string> output = [];
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(output, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        long startedAt = Stopwatch.GetTimestamp();
        while (MirrorAgentClient.ReadRecord(stateDirectory) is null)
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(startedAt) > StartDeadline)
            {
                throw new IOException($"The agent '{name}' did not start: {string.Join(Environment.NewLine, output)}");
            }

            await Task.Delay(20, cancellationToken);
        }

        return new DemoAgent(process, stateDirectory, MirrorAgentClient.Open(stateDirectory));
    }

    /// <summary>kill -9: no handler runs, nothing is flushed.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            // The end of its standard input tells the agent to stop by itself.
            _process.StandardInput.Close();
            using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(10));
            try
            {
                await _process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private static void Keep(List<string> output, string? line)
    {
        lock (output)
        {
            if (line is not null && output.Count < 200)
            {
                output.Add(line);
            }
        }
    }
}
