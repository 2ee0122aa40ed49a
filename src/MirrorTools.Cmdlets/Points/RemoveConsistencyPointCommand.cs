using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Contracts.Points;

namespace MirrorTools.Cmdlets.Points;

/// <summary>Gives up a committed point that is kept beside the newest one, and its name. The other points stay as they are.</summary>
[Cmdlet(VerbsCommon.Remove, "ConsistencyPoint", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ConsistencyPoint))]
public sealed class RemoveConsistencyPointCommand : ChangingMirrorCmdlet
{
    /// <summary>The pair's name or id.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("PairName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    public string Pair { get; set; } = "";

    /// <summary>The point: its number, its name, or an object of Get-ConsistencyPoint.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Number")]
    [PointNumber]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PointCompleter))]
    public string ConsistencyPoint { get; set; } = "";

    /// <summary>Writes the point as it was.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Pair, () =>
    {
        var points = Ask((client, cancel) => client.Points.ListAsync(Pair, cancel));
        var point = PointSelection.Find(points, ConsistencyPoint) ?? throw GetConsistencyPointCommand.NotFound(Pair, ConsistencyPoint);
        if (!Confirmed(ConfirmImpact.High, Pair, $"Give up the point {point.Number}{(point.Name is { } name ? $" '{name}'" : "")} of {point.PointTime}", () => Numbers(point, points.Count)))
        {
            return;
        }

        var removed = Ask((client, cancel) => client.Points.RemoveAsync(Pair, point.Number, cancel));
        if (PassThru)
        {
            WriteObject(new ConsistencyPoint(removed, Asked));
        }
    });

    private static string Numbers(PointInfo point, int count) =>
        $"Points lost: 1 of {count}, {DurationText.Of(TimeSpan.FromMilliseconds(point.AgeMs))} old. Bytes to move: 0. Nothing can be recovered to it any more; the newest point and so the RPO stay.";
}
