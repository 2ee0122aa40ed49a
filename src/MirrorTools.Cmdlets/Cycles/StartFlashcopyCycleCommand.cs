using System.Management.Automation;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Plans;

namespace MirrorTools.Cmdlets.Cycles;

/// <summary>Takes a consistency point and starts the cycle that brings it to site 2. The point of a pair of a consistency group is one of all its pairs.</summary>
[Cmdlet(VerbsLifecycle.Start, "FlashcopyCycle", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(FlashcopyCycle))]
public sealed class StartFlashcopyCycleCommand : PairTargetCmdlet
{
    private readonly Dictionary<(string StateDirectory, string Group), long> _points = [];

    /// <summary>Takes a new point although a cycle runs; the running one is never committed.</summary>
    [Parameter]
    public SwitchParameter Supersede { get; set; }

    /// <summary>Writes the cycle.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessPair(string pair)
    {
        var group = GroupOf(pair);
        if (group is not null && _points.TryGetValue((Asked.StateDirectory, group), out var point))
        {
            // Asked again, the agent would refuse, or take a second point in place of the first.
            WriteVerbose($"The pair '{pair}' is of the group '{group}', whose point {point} was just taken of all its pairs.");
            Pass(() => Ask((client, cancel) => client.Cycles.GetAsync(pair, point, cancel)));
            return;
        }

        var plan = new PlanRequest { Action = nameof(PlanAction.StartCycle), Pair = pair, Supersede = Supersede };
        var action = Supersede ? "Start a cycle in place of the running one" : "Start a cycle";
        if (!Confirmed(ConfirmImpact.Medium, pair, group is null ? action : $"{action}, of all pairs of the group '{group}'", () => Numbers(plan)))
        {
            return;
        }

        var body = new StartCycleRequest { Supersede = Supersede };
        var cycle = Ask((client, cancel) => client.Cycles.StartAsync(pair, body, cancel));
        if (group is not null)
        {
            _points[(Asked.StateDirectory, group)] = cycle.Number;
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
}
