using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Schedules;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>A pair as this agent has it: one of its sides, or both, open or with the reason why they are not.</summary>
internal sealed class MirrorPair(PairDefinition definition, Guid agentId)
{
    /// <summary>One change of a pair at a time.</summary>
    public SemaphoreSlim Changes { get; } = new(1);

    /// <summary>What the pair is.</summary>
    public PairDefinition Definition { get; set; } = definition;

    /// <summary>The open sides of this agent; empty while the pair can't be opened.</summary>
    public IReadOnlyList<PairSide> Sides { get; set; } = [];

    /// <summary>Connects the sides, where one of them is the source.</summary>
    public PairConnector? Connector { get; set; }

    /// <summary>The schedule as it runs, where this agent has the source.</summary>
    public ScheduleTicks? Ticks { get; set; }

    /// <summary>Why the sides can't be opened; null where they are.</summary>
    public ControlException? OpenError { get; set; }

    /// <summary>Why the other side, at the other agent or here, can't be opened, as far as this agent knows; null where it can.</summary>
    public ControlException? OtherSideError { get; set; }

    /// <summary>True while the pair is being taken away.</summary>
    public bool IsRemoving { get; set; }

    /// <summary>The sites that this agent has.</summary>
    public IReadOnlyList<SiteDefinition> LocalSites =>
        [.. new[] { Definition.SourceSite, Definition.TargetSite }.Where(site => site.AgentId == agentId)];

    /// <summary>The sites of this agent whose sides are not open.</summary>
    public IReadOnlyList<SiteDefinition> ClosedSites => [.. LocalSites.Where(site => !Sides.Any(side => side.Site == site))];

    /// <summary>The agent of the other side; null where one agent has both.</summary>
    public Guid? PeerAgentId => LocalSites.Count == 2 ? null
        : Definition.SourceSite.AgentId == agentId ? Definition.TargetSite.AgentId : Definition.SourceSite.AgentId;

    /// <summary>What this agent is to the pair now.</summary>
    public PairRole Role => LocalSites.Count == 2 ? PairRole.Both
        : Sides is [var side] ? side.Source is not null ? PairRole.Source : PairRole.Target
        : Definition.SourceSite.AgentId == agentId ? PairRole.Source : PairRole.Target;

    /// <summary>The side that hosts write, here; null where it is at the other agent. Where both are here and one was recovered, that one.</summary>
    public PairSide? SourceSide => Sides.FirstOrDefault(side => side.IsRecovered) ?? Sides.FirstOrDefault(side => side.Source is not null);

    /// <summary>The side that holds the copy, here; null where it is at the other agent.</summary>
    public PairSide? TargetSide => Sides.FirstOrDefault(side => side.Target is not null);

    /// <summary>The source's side, or the error that says where to ask.</summary>
    public PairSide RequireSource() => SourceSide ?? throw NotHere("the source's");

    /// <summary>The target's side, or the error that says where to ask.</summary>
    public PairSide RequireTarget() => TargetSide ?? throw NotHere("the target's");

    /// <summary>Takes the right to change the pair.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.PairBusy"/> where another change does not end.</exception>
    public async Task<IDisposable> BeginChangeAsync(CancellationToken cancel)
    {
        if (!await Changes.WaitAsync(TimeSpan.FromSeconds(30), cancel))
        {
            throw new ControlException(ErrorIds.PairBusy, $"Another change of the pair '{Definition.Name}' is under way.", Definition.Name);
        }

        return new Change(Changes);
    }

    private ControlException NotHere(string whose) => OpenError ?? (PeerAgentId is null ? OtherSideError : null)
        ?? new ControlException(ErrorIds.PairNotHere, $"This has to be asked of {whose} agent of the pair '{Definition.Name}'{NameOfPeer}.", Definition.Name);

    private string NameOfPeer => PeerAgentId is not { } peer ? ""
        : $", which is '{(Definition.SourceSite.AgentId == peer ? Definition.SourceSite : Definition.TargetSite).AgentName}'";

    private sealed class Change(SemaphoreSlim changes) : IDisposable
    {
        public void Dispose() => changes.Release();
    }
}
