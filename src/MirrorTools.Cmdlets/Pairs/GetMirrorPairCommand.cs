using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>Shows pairs as one agent sees them.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorPair")]
[OutputType(typeof(MirrorPair))]
public sealed class GetMirrorPairCommand : MirrorCmdlet
{
    /// <summary>Names or ids of pairs; wildcards are allowed. All where not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Pair", "PairName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PairCompleter))]
    [Names]
    public string[]? Name { get; set; }

    /// <summary>Only pairs of this copy service.</summary>
    [Parameter]
    public CopyService? Service { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name ?? ["*"])
        {
            Attempt(name, () => Show(name));
        }
    }

    private void Show(string name)
    {
        if (!PairSelection.IsSet(name))
        {
            Write(Ask((client, cancel) => client.Pairs.GetAsync(name, cancel)));
            return;
        }

        foreach (var pair in PairSelection.Matching(Ask((client, cancel) => client.Pairs.ListAsync(cancel)), name))
        {
            Write(pair);
        }
    }

    private void Write(PairInfo pair)
    {
        if (Service is null || string.Equals(pair.Service, Service.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            WriteObject(new MirrorPair(pair, Asked));
        }
    }
}
