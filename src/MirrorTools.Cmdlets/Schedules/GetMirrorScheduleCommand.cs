using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Cmdlets.Pairs;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Schedules;

/// <summary>Shows when the next cycles of pairs start.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorSchedule")]
[OutputType(typeof(MirrorSchedule))]
public sealed class GetMirrorScheduleCommand : MirrorCmdlet
{
    /// <summary>Names or ids of pairs; wildcards are allowed. All where not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "PairName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames(LeadOnly = true)]
    [Names]
    public string[]? Pair { get; set; }

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
            Show(pair);
            return;
        }

        foreach (var found in PairSelection.Matching(Ask((client, cancel) => client.Pairs.ListAsync(cancel)), pair))
        {
            try
            {
                Show(found.Name);
            }
            catch (MirrorApiException error) when (error.Error.ErrorId is ErrorIds.PairNotHere or ErrorIds.CopyServiceHasNoCycles)
            {
                // The other site runs this pair's schedule, or it has none.
                WriteVerbose(error.Message);
            }
        }
    }

    private void Show(string pair) =>
        WriteObject(new MirrorSchedule(Ask((client, cancel) => client.Pairs.GetScheduleAsync(pair, cancel)), Asked));
}
