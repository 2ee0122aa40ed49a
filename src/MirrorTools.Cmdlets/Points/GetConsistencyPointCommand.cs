using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Cmdlets.Pairs;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Points;

/// <summary>Shows the committed consistency points of pairs, newest first.</summary>
[Cmdlet(VerbsCommon.Get, "ConsistencyPoint")]
[OutputType(typeof(ConsistencyPoint))]
public sealed class GetConsistencyPointCommand : MirrorCmdlet
{
    /// <summary>Names or ids of pairs; wildcards are allowed. All where not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "PairName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    [Names]
    public string[]? Pair { get; set; }

    /// <summary>The number of one point.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PointNumberCompleter))]
    public long? Number { get; set; }

    /// <summary>Only the newest point of each pair.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var pair in Pair ?? ["*"])
        {
            Attempt(pair, () => ShowAll(pair));
        }
    }

    private void ShowAll(string pair)
    {
        if (!PairSelection.IsSet(pair))
        {
            Show(pair, isNamed: true);
            return;
        }

        foreach (var found in PairSelection.Matching(Ask((client, cancel) => client.Pairs.ListAsync(cancel)), pair))
        {
            Attempt(found.Name, () => Show(found.Name, isNamed: false));
        }
    }

    private void Show(string pair, bool isNamed)
    {
        var points = Ask((client, cancel) => client.Points.ListAsync(pair, cancel))
            .Where(point => Number is null || point.Number == Number)
            .Take(Latest ? 1 : int.MaxValue)
            .ToList();
        points.ForEach(point => WriteObject(new ConsistencyPoint(point, Asked)));
        if (points.Count == 0 && isNamed && Number is { } number)
        {
            throw NotFound(pair, $"{number}");
        }
    }

    /// <summary>The error where a pair has no point of a number or name, as far as the agent knows.</summary>
    internal static MirrorApiException NotFound(string pair, string point) => MirrorApiException.Create(
        ErrorIds.PointNotFound,
        $"The pair '{pair}' has no committed point {point}.",
        "Run Get-ConsistencyPoint at the target's agent to see its points; Set-MirrorPair -RetainPoints keeps more from then on.",
        nameof(ErrorCategory.ObjectNotFound),
        pair);
}
