using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Cmdlets.Jobs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Cycles;

/// <summary>Waits until a cycle has ended. Ctrl+C ends the wait; the cycle goes on.</summary>
[Cmdlet(VerbsLifecycle.Wait, "FlashcopyCycle")]
[OutputType(typeof(FlashcopyCycle), typeof(Job))]
public sealed class WaitFlashcopyCycleCommand : FollowingCmdlet
{
    private JobCalls? _jobCalls;

    /// <summary>Names or ids of pairs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "PairName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    public string[] Pair { get; set; } = [];

    /// <summary>The number of the cycle; the running one where not given, or the last one if none runs.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long? Number { get; set; }

    /// <summary>How long to wait, for each pair; as long as it takes where not given.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Does it as a job: Get-Job, Receive-Job and Wait-Job follow it.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _jobCalls = new JobCalls(this);

    /// <inheritdoc/>
    protected override void EndProcessing() => _jobCalls?.Start();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (AsJob)
        {
            _jobCalls?.Add();
            return;
        }

        foreach (var pair in Pair)
        {
            Attempt(pair, () => WaitFor(pair));
        }
    }

    private void WaitFor(string pair)
    {
        var patience = new Patience(Timeout);
        var line = new ProgressLine(this, $"Waiting for the cycle of '{pair}'");
        try
        {
            var cycle = WaitForEnd(pair, Number ?? Current(pair), patience, line);
            // A superseded point is never committed; what the user waits for is in the point that took its place.
            while (cycle is { State: nameof(CycleState.Superseded), SupersededBy: { } next })
            {
                WriteVerbose($"Point {cycle.Number} was superseded by point {next}.");
                cycle = WaitForEnd(pair, next, patience, line);
            }

            WriteObject(new FlashcopyCycle(cycle, Asked));
            if (cycle.State == nameof(CycleState.GivenUp))
            {
                Report(GivenUp(cycle), pair);
            }
        }
        finally
        {
            line.End();
        }
    }

    private CycleInfo WaitForEnd(string pair, long number, Patience patience, ProgressLine line)
    {
        CycleInfo? seen = null;
        bool IsLast(CycleInfo cycle)
        {
            seen = cycle;
            var status = $"Point {cycle.Number}, {cycle.State}: {cycle.GrainsDone} of {cycle.GrainsTotal} grains, {SizeText.Of(cycle.BytesPerSecond)}/s";
            line.Show(cycle.GrainsDone, cycle.GrainsTotal, status, Wire.Duration(cycle.TimeLeftMs));
            return cycle.EndedAt is not null;
        }

        var limit = Timeout is null ? (TimeSpan?)null : patience.AtMost(TimeSpan.MaxValue);
        return FollowStream((client, cancel) => client.Cycles.FollowAsync(pair, number, cancel), IsLast, limit)
            ? seen!
            : throw MirrorApiException.Create(
                ErrorIds.WaitTimeout,
                $"The cycle {number} of the pair '{pair}' did not end within {Timeout!.Value.TotalSeconds:0.#} s; it goes on ({seen?.State ?? "not seen"}).",
                "Run Wait-FlashcopyCycle again, or Get-FlashcopyCycle to look at it.",
                nameof(ErrorCategory.OperationTimeout),
                pair);
    }

    private long Current(string pair) =>
        (Ask((client, cancel) => client.Cycles.ListAsync(pair, 1, cancel)).FirstOrDefault() ?? throw MirrorApiException.Create(
            ErrorIds.NoCycleRunning,
            $"The pair '{pair}' has had no cycle yet.",
            "Run Start-FlashcopyCycle.",
            nameof(ErrorCategory.InvalidOperation),
            pair)).Number;

    private static MirrorApiException GivenUp(CycleInfo cycle) => MirrorApiException.Create(
        ErrorIds.CycleGivenUp,
        $"The cycle {cycle.Number} of the pair '{cycle.Pair}' was given up{(cycle.ErrorId is null ? "" : $" ({cycle.ErrorId})")}: {cycle.Message ?? "no reason was recorded."}",
        "The last committed point stands. Look with Get-MirrorEvent, then run Start-FlashcopyCycle.",
        nameof(ErrorCategory.OperationStopped),
        cycle.Pair);
}
