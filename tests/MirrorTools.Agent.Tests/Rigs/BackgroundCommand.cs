using System.Diagnostics;
using System.Text;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>A program of the system that runs beside the test until it is disposed of: then it and its children are killed.</summary>
public sealed class BackgroundCommand : IDisposable
{
    private static readonly TimeSpan KillDeadline = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly CountdownEvent _open = new(2);

    private BackgroundCommand(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += OnLine;
        _process.ErrorDataReceived += OnLine;
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has said so far, errors included.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Its process.</summary>
    public int Id => _process.Id;

    /// <summary>How it ended.</summary>
    public int ExitCode => _process.ExitCode;

    public static BackgroundCommand Start(string program, params string[] arguments) => new(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    });

    /// <summary>True where it ended in that time.</summary>
    public bool WaitForExit(TimeSpan deadline) => _process.WaitForExit((int)deadline.TotalMilliseconds);

    /// <summary>Waits until it has closed its output, or the deadline.</summary>
    public void WaitForOutput(TimeSpan deadline) => _open.Wait(deadline);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            WaitForExit(KillDeadline);
        }

        _process.Dispose();
    }

    private void OnLine(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
        {
            _open.Signal();
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}
