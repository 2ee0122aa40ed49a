using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Groups;
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
    [PairNames]
    [Names]
    public string[]? Name { get; set; }

    /// <summary>Only pairs of this copy service.</summary>
    [Parameter]
    public CopyService? Service { get; set; }

    /// <summary>Only pairs of these consistency groups: names or ids; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(GroupCompleter))]
    [Names]
    [GroupNames(LeaveOutOthers = true)]
    public string[]? Group { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Asked, () =>
    {
        var groups = Group?.Select(GroupPattern).ToList();
        foreach (var name in Name ?? ["*"])
        {
            Attempt(name, () => Show(name, groups));
        }
    });

    private void Show(string name, List<WildcardPattern>? groups)
    {
        if (!PairSelection.IsSet(name))
        {
            Write(Ask((client, cancel) => client.Pairs.GetAsync(name, cancel)), groups);
            return;
        }

        foreach (var pair in PairSelection.Matching(Ask((client, cancel) => client.Pairs.ListAsync(cancel)), name))
        {
            Write(pair, groups);
        }
    }

    private void Write(PairInfo pair, List<WildcardPattern>? groups)
    {
        var isOfService = Service is null || string.Equals(pair.Service, Service.ToString(), StringComparison.OrdinalIgnoreCase);
        if (isOfService && (groups is null || (pair.Group is { } group && groups.Exists(pattern => pattern.IsMatch(group)))))
        {
            WriteObject(new MirrorPair(pair, Asked));
        }
    }

    // A group that is named has to be there; one that is meant by a pattern need not.
    private WildcardPattern GroupPattern(string group) => PairSelection.IsSet(group)
        ? NamePattern.Of(group)
        : NamePattern.Of(WildcardPattern.Escape(Ask((client, cancel) => client.Groups.GetAsync(group, cancel)).Name));
}
