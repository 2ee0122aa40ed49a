using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace MirrorTools.Cmdlets.Jobs;

/// <summary>What -AsJob gives: the same cmdlet, in a runspace of its own in this process. Stop-Job ends its waiting, as Ctrl+C does.</summary>
internal sealed class MirrorJob : Job
{
    // One script, not AddStatement: after a stop PowerShell's worker for statements reads the runspace once more, and that ends the whole process
    // where Remove-Job has closed it by then.
    private const string OneAfterTheOther =
        "param($folder, $command, $calls) Set-Location -LiteralPath $folder; foreach ($call in $calls) { & $command @call }";

    private readonly PowerShell _shell;
    private readonly PSDataCollection<PSObject> _output = [];

    /// <summary>Makes the job; it runs from <see cref="Start"/> on.</summary>
    /// <param name="command">The cmdlet's name.</param>
    /// <param name="line">The command line, for the table of jobs.</param>
    /// <param name="calls">The parameters of each call.</param>
    /// <param name="modulePath">Where the module is.</param>
    /// <param name="folder">The folder that relative paths are of.</param>
    public MirrorJob(string command, string line, IEnumerable<IDictionary> calls, string modulePath, string folder)
        : base(line)
    {
        PSJobTypeName = nameof(MirrorJob);
        var session = InitialSessionState.CreateDefault();
        session.ImportPSModule([modulePath]);
        _shell = PowerShell.Create();
        _shell.Runspace = RunspaceFactory.CreateRunspace(session);
        _shell.AddScript(OneAfterTheOther).AddArgument(folder).AddArgument(command).AddArgument(calls.ToArray());
        Output = _output;
        Error = _shell.Streams.Error;
        Progress = _shell.Streams.Progress;
        Verbose = _shell.Streams.Verbose;
        Warning = _shell.Streams.Warning;
        Debug = _shell.Streams.Debug;
        _shell.InvocationStateChanged += OnStateChanged;
    }

    /// <inheritdoc/>
    public override bool HasMoreData => _output.Count > 0 || Error.Count > 0 || JobStateInfo.State == JobState.Running;

    /// <inheritdoc/>
    public override string Location => "localhost";

    /// <inheritdoc/>
    public override string StatusMessage => _shell.InvocationStateInfo.State.ToString();

    /// <summary>Starts it.</summary>
    public void Start()
    {
        SetJobState(JobState.Running);
        _shell.Runspace.Open();
        _shell.BeginInvoke<PSObject, PSObject>(null, _output);
    }

    /// <inheritdoc/>
    public override void StopJob() => _shell.Stop();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _shell.InvocationStateChanged -= OnStateChanged;
            _shell.Runspace.Dispose();
            _shell.Dispose();
        }

        base.Dispose(disposing);
    }

    private void OnStateChanged(object? sender, PSInvocationStateChangedEventArgs change)
    {
        switch (change.InvocationStateInfo.State)
        {
            case PSInvocationState.Completed:
                SetJobState(_shell.HadErrors && Error.Count > 0 ? JobState.Failed : JobState.Completed);
                break;
            case PSInvocationState.Failed:
                SetJobState(JobState.Failed);
                break;
            case PSInvocationState.Stopped:
                SetJobState(JobState.Stopped);
                break;
        }
    }
}
