using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Cycles;
using MirrorTools.Cmdlets.Points;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Recovery;

namespace MirrorTools.Cmdlets.Recovery;

/// <summary>
/// Recovers pairs at site 2 after site 1 was lost: the committed image takes hosts at once. A pair of a consistency group is recovered with all the others: alone it
/// would show a point that the others leave behind.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "MirrorRecovery", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(MirrorRecovery))]
public sealed class InvokeMirrorRecoveryCommand : PairTargetCmdlet
{
    private readonly HashSet<(string StateDirectory, string Group)> _groups = [];
    private readonly HashSet<string> _warnings = [];

    /// <summary>The point: its number, its name, or an object of Get-ConsistencyPoint; the newest where not given. All newer ones are given up.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Number")]
    [PointNumber]
    [ArgumentCompleter(typeof(PointCompleter))]
    [ValidateNotNullOrEmpty]
    public string? ConsistencyPoint { get; set; }

    /// <summary>Recovers although the source answers or cannot be asked. Both sites may then be written.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private string Where => $"on the agent '{Asked}'{(Force ? " by force" : "")}";

    /// <inheritdoc/>
    protected override void ProcessPair(string pair)
    {
        if (GroupOf(pair) is not { } group)
        {
            if (Confirmed(ConfirmImpact.High, pair, $"Recover the pair {Where}", () => PlanOf(pair)))
            {
                Recover(pair);
            }
        }
        else if (_groups.Add((Asked.StateDirectory, group)))
        {
            RecoverGroup(group);
        }
        else
        {
            WriteVerbose($"The pair '{pair}' is of the group '{group}', and that was already asked for with all its pairs.");
        }
    }

    // Each pair that can come back does: a storage that is lost with one must not keep the others from their hosts.
    private void RecoverGroup(string group)
    {
        var pairs = Ask((client, cancel) => client.Pairs.ListAsync(cancel))
            .Where(pair => string.Equals(pair.Group, group, StringComparison.OrdinalIgnoreCase))
            .Select(pair => pair.Name)
            .ToList();
        if (!Confirmed(ConfirmImpact.High, string.Join(", ", pairs), $"Recover all pairs of the group '{group}' {Where}", () => PlansOf(pairs)))
        {
            return;
        }

        List<MirrorApiException> recoveredBefore = [];
        pairs.ForEach(pair => Attempt(pair, () =>
        {
            try
            {
                Recover(pair);
            }
            catch (MirrorApiException error) when (error.Error.ErrorId == ErrorIds.PairAlreadyRecovered)
            {
                // A recovery of the group that was broken off is finished by running it again.
                recoveredBefore.Add(error);
                WriteVerbose(error.Message);
            }
        }));
        if (recoveredBefore.Count > 0 && recoveredBefore.Count == pairs.Count)
        {
            throw recoveredBefore[0];
        }
    }

    private void Recover(string pair)
    {
        var body = Request(pair);
        var result = Ask((client, cancel) => client.Recovery.InvokeAsync(pair, body, cancel));
        WriteObject(new MirrorRecovery(result, Asked));

        // Each pair of a group says the same of the others.
        foreach (var warning in result.Warnings.Where(_warnings.Add))
        {
            WriteWarning(warning);
        }
    }

    private RecoveryRequest Request(string pair) => new() { Point = PointOf(pair), Force = Force };

    private long? PointOf(string pair) => ConsistencyPoint is not { } wanted ? null
        : PointSelection.NumberOf(wanted)
            ?? PointSelection.Find(Ask((client, cancel) => client.Points.ListAsync(pair, cancel)), wanted)?.Number
            ?? throw GetConsistencyPointCommand.NotFound(pair, $"'{wanted}'");

    private string PlanOf(string pair)
    {
        var body = Request(pair);
        return RecoveryPlanText.Of(Ask((client, cancel) => client.Recovery.PlanAsync(pair, body, cancel)));
    }

    // One that has no plan does not hide the numbers of the others.
    private string PlansOf(List<string> pairs)
    {
        List<string> parts = [];
        List<MirrorApiException> refused = [];
        foreach (var pair in pairs)
        {
            try
            {
                parts.Add($"{pair}: {PlanOf(pair)}");
            }
            catch (MirrorApiException error) when (!MirrorErrors.EndsEverything(error))
            {
                refused.Add(error);
                parts.Add($"{pair}: {error.Message}");
            }
        }

        return refused.Count > 0 && refused.Count == pairs.Count ? throw refused[0] : string.Join(" ", parts);
    }
}
