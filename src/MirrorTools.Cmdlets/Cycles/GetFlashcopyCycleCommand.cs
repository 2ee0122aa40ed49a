using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Cmdlets.Pairs;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Cycles;

/// <summary>Shows the cycles of pairs: the running one first, then the newest.</summary>
[Cmdlet(VerbsCommon.Get, "FlashcopyCycle")]
[OutputType(typeof(FlashcopyCycle))]
public sealed class GetFlashcopyCycleCommand : MirrorCmdlet
{
    /// <summary>Names or ids of pairs; wildcards are allowed. All where not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "PairName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    [Names]
    public string[]? Pair { get; set; }

    /// <summary>The number of one cycle.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long? Number { get; set; }

    /// <summary>How many of each pair at most.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int Newest { get; set; } = 10;

    /// <summary>Only cycles that run.</summary>
    [Parameter]
    public SwitchParameter Running { get; set; }

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
            catch (MirrorApiException error) when (error.Error.ErrorId is ErrorIds.CopyServiceHasNoCycles or ErrorIds.CycleNotFound)
            {
                // Not named by the user: a pair without cycles is just not in the list.
                WriteVerbose(error.Message);
            }
        }
    }

    private void Show(string pair)
    {
        if (Number is { } number)
        {
            WriteObject(new FlashcopyCycle(Ask((client, cancel) => client.Cycles.GetAsync(pair, number, cancel)), Asked));
            return;
        }

        var cycles = Ask((client, cancel) => client.Cycles.ListAsync(pair, Newest, cancel));
        foreach (var cycle in cycles.Where(cycle => !Running || cycle.EndedAt is null))
        {
            WriteObject(new FlashcopyCycle(cycle, Asked));
        }
    }
}
