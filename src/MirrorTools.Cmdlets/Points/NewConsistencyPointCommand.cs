using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Plans;
using MirrorTools.Contracts.Points;

namespace MirrorTools.Cmdlets.Points;

/// <summary>
/// Takes a consistency point that has a name, and waits until it is committed. It is kept until it is removed, where the copy service can keep it. Ctrl+C ends the wait; the cycle goes on.
/// </summary>
[Cmdlet(VerbsCommon.New, "ConsistencyPoint", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(ConsistencyPoint))]
public sealed class NewConsistencyPointCommand : FollowingCmdlet
{
    private readonly HashSet<(string StateDirectory, string Group)> _groups = [];

    /// <summary>Names or ids of pairs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PairName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    public string[] Pair { get; set; } = [];

    /// <summary>The point's name, unique among the pair's points.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>How long to wait, for each pair; as long as it takes where not given.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var pair in Pair)
        {
            Attempt(pair, () => Take(pair));
        }
    }

    private void Take(string pair)
    {
        var info = Ask((client, cancel) => client.Pairs.GetAsync(pair, cancel));
        var group = info.Group is { Length: > 0 } name ? name : null;
        if (group is not null && !_groups.Add((Asked.StateDirectory, group)))
        {
            WriteVerbose($"The pair '{pair}' is of the group '{group}', whose point '{Name}' was just taken of all its pairs.");
            return;
        }

        var action = $"Take the point '{Name}'";
        var plan = new PlanRequest { Action = nameof(PlanAction.StartCycle), Pair = pair };
        if (!Confirmed(
            ConfirmImpact.Medium, pair, group is null ? action : $"{action} of all pairs of the group '{group}'",
            () => PlanText.Of(Ask((client, cancel) => client.Pairs.PlanAsync(plan, cancel)))))
        {
            return;
        }

        var started = Ask((client, cancel) => client.Points.NewAsync(pair, new NewPointRequest { Name = Name }, cancel));
        var ended = WaitForEnd(pair, started);
        if (ended.State != nameof(CycleState.Committed))
        {
            throw NotCommitted(ended);
        }

        WriteObject(new ConsistencyPoint(PointOf(ended, info.SizeBytes), Asked));
    }

    private CycleInfo WaitForEnd(string pair, CycleInfo cycle)
    {
        var line = new ProgressLine(this, $"Taking the point '{Name}' of '{pair}'");
        try
        {
            return FollowStream((client, cancel) => client.Cycles.FollowAsync(pair, cycle.Number, cancel), IsLast, Timeout) ? cycle : throw MirrorApiException.Create(
                ErrorIds.WaitTimeout,
                $"The point '{Name}' of the pair '{pair}' was not committed within {Timeout!.Value.TotalSeconds:0.#} s; its cycle {cycle.Number} goes on.",
                "Run Wait-FlashcopyCycle to wait on, or Get-FlashcopyCycle to look at it.",
                nameof(ErrorCategory.OperationTimeout),
                pair);
        }
        finally
        {
            line.End();
        }

        bool IsLast(CycleInfo seen)
        {
            cycle = seen;
            var status = $"Point {seen.Number}, {seen.State}: {seen.GrainsDone} of {seen.GrainsTotal} grains, {SizeText.Of(seen.BytesPerSecond)}/s";
            line.Show(seen.GrainsDone, seen.GrainsTotal, status, Wire.Duration(seen.TimeLeftMs));
            return seen.EndedAt is not null;
        }
    }

    // The source knows of the newest point only, which may be another one by now.
    private PointInfo PointOf(CycleInfo cycle, long sizeBytes) => new()
    {
        Pair = cycle.Pair,
        PairId = cycle.PairId,
        Number = cycle.Number,
        Name = Name,
        PointTime = cycle.PointTime,
        CommittedAt = cycle.CommittedAt ?? "",
        AgeMs = (long)Math.Max(0, (DateTimeOffset.UtcNow - (Contracts.WireTime.Read(cycle.PointTime) ?? DateTimeOffset.UtcNow)).TotalMilliseconds),
        SizeBytes = sizeBytes,
        ChangedBytes = cycle.BytesTotal,
        Latest = true,
        Retained = true,
    };

    private static MirrorApiException NotCommitted(CycleInfo cycle) => MirrorApiException.Create(
        ErrorIds.CycleGivenUp,
        cycle.SupersededBy is { } next
            ? $"The point {cycle.Number} of the pair '{cycle.Pair}' was superseded by point {next}, which has no name."
            : $"The point {cycle.Number} of the pair '{cycle.Pair}' was given up{(cycle.ErrorId is null ? "" : $" ({cycle.ErrorId})")}: {cycle.Message ?? "no reason was recorded."}",
        "Look with Get-MirrorEvent, then run New-ConsistencyPoint again.",
        nameof(ErrorCategory.OperationStopped),
        cycle.Pair);
}
