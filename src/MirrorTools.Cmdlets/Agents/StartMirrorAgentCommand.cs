using System.Diagnostics;
using System.Management.Automation;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Agents;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Agents;

/// <summary>Starts an agent that outlives the session, and returns when it answers.</summary>
[Cmdlet(VerbsLifecycle.Start, "MirrorAgent", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorAgent))]
public sealed class StartMirrorAgentCommand : ChangingMirrorCmdlet
{
    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(50);

    /// <summary>The state directory; found by discovery where not given, made where it is not there.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string? StateDirectory { get; set; }

    /// <summary>The agent's name; the machine's name where not given.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>A configuration file.</summary>
    [Parameter]
    public string? ConfigPath { get; set; }

    /// <summary>Where other agents connect, as address:port; port 0 takes a free one.</summary>
    [Parameter]
    public string[]? ListenAddress { get; set; }

    /// <summary>What pairing codes tell other agents to connect to, as host:port.</summary>
    [Parameter]
    public string[]? AdvertiseAddress { get; set; }

    /// <summary>How long to wait for its first answer.</summary>
    [Parameter]
    [Duration]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!string.IsNullOrWhiteSpace(StateDirectory))
        {
            Agent = new MirrorAgentReference(ToAbsolute(StateDirectory!));
        }

        Attempt(Asked.StateDirectory, Start);
    }

    private void Start()
    {
        if (TryAsk() is { } running)
        {
            throw MirrorApiException.Create(
                ErrorIds.MirrorAgentAlreadyRunning,
                $"The agent '{running.Name}' (process {running.ProcessId}) already runs on '{Asked.StateDirectory}'.",
                "Use it as it is (Get-MirrorAgent), or run Stop-MirrorAgent first.",
                nameof(ErrorCategory.ResourceExists),
                Asked.StateDirectory);
        }

        if (!Confirmed(ConfirmImpact.Medium, Asked.StateDirectory, "Start a mirror agent on the state directory"))
        {
            return;
        }

        var module = Path.GetDirectoryName(typeof(StartMirrorAgentCommand).Assembly.Location) ?? ".";
        var logPath = Path.Combine(Asked.StateDirectory, "start.log");
        using var process = DetachedProcess.Start([.. AgentProgram.Locate(module), "run", .. Options()], logPath);
        var info = WaitForAnswer(process, logPath);
        KnownAgents.Remember(Asked.StateDirectory);
        WriteObject(new MirrorAgent(info, new MirrorAgentReference(Asked.StateDirectory, info.Name)));
    }

    private IEnumerable<string> Options()
    {
        List<string> options = ["--state", Asked.StateDirectory];
        if (!string.IsNullOrEmpty(Name))
        {
            options.AddRange(["--name", Name!]);
        }

        if (!string.IsNullOrEmpty(ConfigPath))
        {
            options.AddRange(["--config", ToAbsolute(ConfigPath!)]);
        }

        options.AddRange((ListenAddress ?? []).SelectMany(address => new[] { "--listen", address }));
        options.AddRange((AdvertiseAddress ?? []).SelectMany(address => new[] { "--advertise", address }));
        return options;
    }

    private AgentInfo WaitForAnswer(Process process, string logPath)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (TryAsk() is { } info)
            {
                return info;
            }

            if (process.HasExited)
            {
                throw DidNotStart($"The agent ended with code {process.ExitCode}.", logPath);
            }

            if (waited.Elapsed > Timeout)
            {
                throw DidNotStart($"The agent (process {process.Id}) runs but did not answer within {Timeout.TotalSeconds:0.#} s.", logPath);
            }

            Pause(PollPause);
        }
    }

    // No record, a stale one of an agent that was killed, or one that does not answer yet: all mean that it is not there now.
    private AgentInfo? TryAsk()
    {
        try
        {
            Reopen();
            return MirrorAgentClient.ReadRecord(Asked.StateDirectory) is null ? null : Ask((client, cancel) => client.Agent.GetAsync(cancel));
        }
        catch (MirrorApiException error) when (error.Error.ErrorId is ErrorIds.MirrorAgentNotRunning or ErrorIds.MirrorAgentStopping)
        {
            return null;
        }
    }

    private MirrorApiException DidNotStart(string what, string logPath)
    {
        var said = File.Exists(logPath) ? string.Join(" ", File.ReadLines(logPath).Where(line => line.Trim().Length > 0).Take(5)) : "";
        return MirrorApiException.Create(
            ErrorIds.MirrorAgentDidNotStart,
            said.Length > 0 ? $"{what} It said: {said}" : what,
            $"Correct the cause and run Start-MirrorAgent again; the logs are in '{Asked.StateDirectory}'.",
            nameof(ErrorCategory.OpenError),
            Asked.StateDirectory);
    }
}
