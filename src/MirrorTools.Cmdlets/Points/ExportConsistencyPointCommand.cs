using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Jobs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Operations;
using MirrorTools.Contracts.Points;

namespace MirrorTools.Cmdlets.Points;

/// <summary>Writes a committed point into a raw image file. Ctrl+C ends the wait; the agent goes on writing.</summary>
[Cmdlet(VerbsData.Export, "ConsistencyPoint", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(ConsistencyPointExport), typeof(Job))]
public sealed class ExportConsistencyPointCommand : FollowingCmdlet
{
    private JobCalls? _jobCalls;

    /// <summary>The pair's name or id.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "PairName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    public string Pair { get; set; } = "";

    /// <summary>The point: its number, its name, or an object of Get-ConsistencyPoint; the newest where not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Number")]
    [PointNumber]
    [ArgumentCompleter(typeof(PointCompleter))]
    public string? ConsistencyPoint { get; set; }

    /// <summary>The file to write, on the agent's machine.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes zeros instead of leaving holes.</summary>
    [Parameter]
    public SwitchParameter NotSparse { get; set; }

    /// <summary>Does it as a job: Get-Job, Receive-Job and Wait-Job follow it.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _jobCalls = new JobCalls(this);

    /// <inheritdoc/>
    protected override void EndProcessing() => _jobCalls?.Start();

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Pair, () =>
    {
        if (AsJob && !IsWhatIf)
        {
            _jobCalls?.Add();
            return;
        }

        var path = ToAbsolute(Path);
        var point = Find();
        var action = $"Export the point {point.Number} of {point.PointTime:O} to '{path}'{(Force ? ", replacing what is there" : "")}";
        if (!Confirmed(ConfirmImpact.Medium, Pair, action, () => $"Bytes to write: up to {SizeText.Of(point.Size)}."))
        {
            return;
        }

        var body = new ExportPointRequest { Path = path, Overwrite = Force, Sparse = !NotSparse };
        var started = Ask((client, cancel) => client.Points.ExportAsync(Pair, point.Number, body, cancel));
        var ended = WaitForEnd(started, path);
        if (ended.State != nameof(OperationState.Succeeded))
        {
            throw Failed(ended, path);
        }

        WriteObject(new ConsistencyPointExport(ended, point, path, Asked));
    });

    private ConsistencyPoint Find()
    {
        var points = Ask((client, cancel) => client.Points.ListAsync(Pair, cancel));
        var point = ConsistencyPoint is null ? points.FirstOrDefault() : PointSelection.Find(points, ConsistencyPoint);
        return point is not null ? new ConsistencyPoint(point, Asked)
            : ConsistencyPoint is { } wanted ? throw GetConsistencyPointCommand.NotFound(Pair, wanted)
            : throw MirrorApiException.Create(
                ErrorIds.NoCommittedPoint,
                $"The pair '{Pair}' has no committed point yet.",
                "Run Wait-FlashcopyCycle.",
                nameof(ErrorCategory.ObjectNotFound),
                Pair);
    }

    private OperationInfo WaitForEnd(OperationInfo operation, string path)
    {
        var line = new ProgressLine(this, $"Exporting to '{path}'");
        try
        {
            FollowStream((client, cancel) => client.Operations.FollowAsync(operation.Id, cancel), IsLast, limit: null);
            return operation;
        }
        finally
        {
            line.End();
        }

        bool IsLast(OperationInfo seen)
        {
            operation = seen;
            var status = $"{SizeText.Of(seen.BytesDone)} of {SizeText.Of(seen.BytesTotal)}, {SizeText.Of(seen.BytesPerSecond)}/s";
            line.Show(seen.BytesDone, seen.BytesTotal, status, Wire.Duration(seen.TimeLeftMs));
            return seen.State != nameof(OperationState.Running);
        }
    }

    private static MirrorApiException Failed(OperationInfo operation, string path) => operation.Error is { ErrorId.Length: > 0 } error
        ? new MirrorApiException(error)
        : MirrorApiException.Create(
            ErrorIds.OperationCanceled, $"The export to '{path}' was canceled.", "Run Export-ConsistencyPoint again.", nameof(ErrorCategory.OperationStopped), path);
}
