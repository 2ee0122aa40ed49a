using System.Collections;
using System.Management.Automation;

namespace MirrorTools.Cmdlets.Jobs;

/// <summary>Collects the calls that -AsJob puts off, one per object of the pipeline, and makes one job of them.</summary>
internal sealed class JobCalls
{
    private readonly PSCmdlet _cmdlet;
    private readonly List<IDictionary> _calls = [];

    /// <summary>Collects for a cmdlet.</summary>
    public JobCalls(PSCmdlet cmdlet) => _cmdlet = cmdlet;

    /// <summary>Puts the present call off.</summary>
    public void Add()
    {
        var call = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (var bound in _cmdlet.MyInvocation.BoundParameters.Where(bound => bound.Key != "AsJob"))
        {
            call[bound.Key] = bound.Value;
        }

        _calls.Add(call);
    }

    /// <summary>Starts the job, and writes it.</summary>
    public void Start()
    {
        if (_calls.Count == 0)
        {
            return;
        }

        var module = Path.Combine(Path.GetDirectoryName(typeof(JobCalls).Assembly.Location) ?? ".", "MirrorTools.psd1");
        var folder = _cmdlet.SessionState.Path.CurrentFileSystemLocation.Path;
        var job = new MirrorJob(_cmdlet.MyInvocation.MyCommand.Name, _cmdlet.MyInvocation.Line.Trim(), _calls, module, folder);
        _cmdlet.JobRepository.Add(job);
        job.Start();
        _cmdlet.WriteObject(job);
    }
}
