using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Events;
using MirrorTools.Contracts;

namespace MirrorTools.Cmdlets.Events;

/// <summary>Shows what happened; with -Follow also what happens from now on, until Ctrl+C.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorEvent", DefaultParameterSetName = "Newest")]
[OutputType(typeof(MirrorEvent))]
public sealed class GetMirrorEventCommand : FollowingCmdlet
{
    private List<WildcardPattern>? _pairs;
    private List<WildcardPattern>? _names;

    /// <summary>Names of pairs; wildcards are allowed.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PairName", "Name")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    public string[]? Pair { get; set; }

    /// <summary>Names of kinds of events, such as CycleCommitted; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    public string[]? EventName { get; set; }

    /// <summary>Only events of this level or graver ones.</summary>
    [Parameter]
    public EventLevel Level { get; set; } = EventLevel.Information;

    /// <summary>How many of the newest events to look at.</summary>
    [Parameter(ParameterSetName = "Newest")]
    [ValidateRange(0, ApiLimits.MaxEventPageItems)]
    public int Newest { get; set; } = 100;

    /// <summary>Only events with a greater id.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "After")]
    [ValidateRange(0, long.MaxValue)]
    public long After { get; set; }

    /// <summary>Goes on with new events as they happen, until Ctrl+C.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Asked, () =>
    {
        _pairs = Patterns(Pair);
        _names = Patterns(EventName);
        var last = ParameterSetName == "After" ? WriteAllAfter(After) : WriteNewest();
        if (Follow)
        {
            bool Show(EventInfo info)
            {
                last = Math.Max(last, info.Id);
                Write(info);
                return false;
            }

            FollowStream((client, cancel) => client.Events.FollowAsync(last, cancel), Show, limit: null);
        }
    });

    private long WriteNewest()
    {
        var page = Ask((client, cancel) => client.Events.ListAsync(null, Math.Max(Newest, 1), cancel));
        page.Items.Skip(Newest == 0 ? page.Items.Count : 0).ToList().ForEach(Write);
        return page.NewestId;
    }

    private long WriteAllAfter(long after)
    {
        while (true)
        {
            var page = Ask((client, cancel) => client.Events.ListAsync(after, ApiLimits.MaxEventPageItems, cancel));
            page.Items.ForEach(Write);
            if (page.Items.Count == 0 || page.Items[page.Items.Count - 1].Id <= after)
            {
                return after;
            }

            after = page.Items[page.Items.Count - 1].Id;
        }
    }

    private void Write(EventInfo info)
    {
        var isGrave = !Enum.TryParse<EventLevel>(info.Level, ignoreCase: true, out var level) || level >= Level;
        if (isGrave && Matches(_pairs, info.Pair ?? "") && Matches(_names, info.Name))
        {
            WriteObject(new MirrorEvent(info, Asked));
        }
    }

    private static List<WildcardPattern>? Patterns(string[]? names) =>
        names?.Select(name => NamePattern.Of(name)).ToList();

    private static bool Matches(List<WildcardPattern>? patterns, string text) => patterns is null || patterns.Any(pattern => pattern.IsMatch(text));
}
