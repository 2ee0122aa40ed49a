using System.Management.Automation;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Plans;

namespace MirrorTools.Cmdlets.Cycles;

/// <summary>Gives a running cycle up; the last committed point stands, and what was copied is not sent again.</summary>
[Cmdlet(VerbsLifecycle.Stop, "FlashcopyCycle", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(FlashcopyCycle))]
public sealed class StopFlashcopyCycleCommand : PairTargetCmdlet
{
    private readonly Dictionary<(string StateDirectory, string Group), long> _points = [];

    /// <summary>The number of the cycle; the running one where not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long? Number { get; set; }

    /// <summary>Writes the cycle as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessPair(string pair)
    {
        var group = GroupOf(pair);
        if (group is not null && _points.TryGetValue((Asked.StateDirectory, group), out var point) && (Number ?? point) == point)
        {
            WriteVerbose($"The pair '{pair}' is of the group '{group}', whose point {point} was just given up for all its pairs.");
            Pass(() => Ask((client, cancel) => client.Cycles.GetAsync(pair, point, cancel)));
            return;
        }

        var number = Number ?? Running(pair).Number;
        var plan = new PlanRequest { Action = nameof(PlanAction.StopCycle), Pair = pair };
        var action = $"Give up the cycle {number}";
        if (!Confirmed(ConfirmImpact.Medium, pair, group is null ? action : $"{action}, of all pairs of the group '{group}'", () => Numbers(plan)))
        {
            return;
        }

        var cycle = Ask((client, cancel) => client.Cycles.StopAsync(pair, number, cancel));
        if (group is not null)
        {
            _points[(Asked.StateDirectory, group)] = number;
        }

        Pass(() => cycle);
    }

    private void Pass(Func<CycleInfo> cycle)
    {
        if (PassThru)
        {
            WriteObject(new FlashcopyCycle(cycle(), Asked));
        }
    }

    private CycleInfo Running(string pair) =>
        Ask((client, cancel) => client.Cycles.ListAsync(pair, 1, cancel)).FirstOrDefault(cycle => cycle.EndedAt is null)
        ?? throw MirrorApiException.Create(
            ErrorIds.NoCycleRunning,
            $"No cycle of the pair '{pair}' runs.",
            "Run Get-FlashcopyCycle to see those that ended.",
            nameof(ErrorCategory.InvalidOperation),
            pair);
}
