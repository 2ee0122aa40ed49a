using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>
/// What two nodes do with each other, from what each has said of itself: a pure function, so that both come to answers that fit (S-9 to S-11, S-14).
/// </summary>
internal static class Meeting
{
    /// <summary>Decides.</summary>
    /// <param name="own">What this node said.</param>
    /// <param name="other">What the other node said.</param>
    public static MeetingOutcome Decide(MeetingView own, MeetingView other) =>
        own.Record.Generations.Compare(other.Record.Generations) switch
        {
            GenerationRelation.Diverged => MeetingOutcome.SplitBrain,
            // What somebody asked for in an older generation is over.
            GenerationRelation.Same or GenerationRelation.Older when other.Record.YieldedTo == own.Node && own.Record.Role == SyncRole.Secondary => own.Record.IsComplete && own.HasCache ? MeetingOutcome.TakeOver : MeetingOutcome.Idle,
            GenerationRelation.Newer => own.Record.Role == SyncRole.Primary ? AsPrimary(own, other) : MeetingOutcome.Idle,
            GenerationRelation.Older => other.Record.Role == SyncRole.Primary ? AsSecondary(own, other) : MeetingOutcome.Idle,
            _ => (own.Record.Role, other.Record.Role) switch
            {
                (SyncRole.Primary, SyncRole.Secondary) => AsPrimary(own, other),
                (SyncRole.Secondary, SyncRole.Primary) => AsSecondary(own, other),
                _ => MeetingOutcome.Idle,
            },
        };

    private static MeetingOutcome AsPrimary(MeetingView own, MeetingView other)
    {
        if (!own.Record.IsComplete)
        {
            return MeetingOutcome.Idle;
        }

        // One that is still of an older generation and complete took part in that one, and nothing was acknowledged in this one without it.
        bool isMember = own.Record.Members.Contains(other.Node) && other.Record.IsComplete;
        if (own.HasCache)
        {
            return isMember && other.HasCache ? MeetingOutcome.Lead : MeetingOutcome.LeadAndUpdate;
        }

        if (isMember)
        {
            return other.HasCache ? MeetingOutcome.Yield : MeetingOutcome.SettleSuspects;
        }

        // Alone, or with one that was never admitted: what was acknowledged was on this node's disk.
        bool othersHaveIt = own.Record.Members.Any(member => member != own.Node && member != other.Node);
        return othersHaveIt ? MeetingOutcome.Idle : MeetingOutcome.LeadAndUpdate;
    }

    private static MeetingOutcome AsSecondary(MeetingView own, MeetingView other) => AsPrimary(other, own) switch
    {
        MeetingOutcome.Lead => MeetingOutcome.Follow,
        MeetingOutcome.LeadAndUpdate => MeetingOutcome.FollowAfterUpdate,
        _ => MeetingOutcome.Idle,
    };
}
