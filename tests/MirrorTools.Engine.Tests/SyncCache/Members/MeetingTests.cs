using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.SyncCache.Members;

/// <summary>What two nodes do with each other: every pair of views has answers that fit.</summary>
public sealed class MeetingTests
{
    private static readonly Guid A = new("aaaaaaaa-0000-0000-0000-000000000000");
    private static readonly Guid B = new("bbbbbbbb-0000-0000-0000-000000000000");
    private static readonly Guid C = new("cccccccc-0000-0000-0000-000000000000");
    private static readonly Generation First = new(new Guid("11111111-0000-0000-0000-000000000000"), DateTimeOffset.UnixEpoch, A);
    private static readonly Generation Second = new(new Guid("22222222-0000-0000-0000-000000000000"), DateTimeOffset.UnixEpoch.AddHours(1), A);
    private static readonly Generation SecondOfB = new(new Guid("33333333-0000-0000-0000-000000000000"), DateTimeOffset.UnixEpoch.AddHours(1), B);

    [Fact, Rule("S-1")]
    public void Nodes_that_lost_nothing_go_on()
    {
        AssertMeet(Primary(A, [First], [A, B]), Secondary(B, [First], [A, B]), MeetingOutcome.Lead, MeetingOutcome.Follow);
    }

    [Fact, Rule("S-10")]
    public void A_secondary_that_lost_its_cache_is_updated()
    {
        AssertMeet(Primary(A, [First], [A, B]), Secondary(B, [First], [A, B]) with { HasCache = false }, MeetingOutcome.LeadAndUpdate, MeetingOutcome.FollowAfterUpdate);
    }

    [Fact, Rule("S-10")]
    public void A_secondary_that_was_left_out_is_updated_though_it_has_its_cache()
    {
        AssertMeet(Primary(A, [First, Second], [A]), Secondary(B, [First], [A, B]), MeetingOutcome.LeadAndUpdate, MeetingOutcome.FollowAfterUpdate);
    }

    [Fact, Rule("S-9")]
    public void A_primary_that_lost_its_cache_yields_to_the_node_that_has_one()
    {
        AssertMeet(Primary(A, [First], [A, B]) with { HasCache = false }, Secondary(B, [First], [A, B]), MeetingOutcome.Yield, MeetingOutcome.Idle);
    }

    [Fact, Rule("S-9")]
    public void The_node_that_was_yielded_to_takes_over_and_no_other_one()
    {
        MeetingView yielded = Secondary(A, [First], [A, B, C]);
        yielded = yielded with { HasCache = false, Record = yielded.Record with { IsComplete = false, YieldedTo = B } };

        AssertMeet(yielded, Secondary(B, [First], [A, B, C]), MeetingOutcome.Idle, MeetingOutcome.TakeOver);
        AssertMeet(yielded, Secondary(C, [First], [A, B, C]), MeetingOutcome.Idle, MeetingOutcome.Idle);
        AssertMeet(yielded, Secondary(B, [First], [A, B, C]) with { HasCache = false }, MeetingOutcome.Idle, MeetingOutcome.Idle);
    }

    [Fact, Rule("S-10")]
    public void Once_the_successor_leads_the_former_primary_is_updated()
    {
        MeetingView yielded = Secondary(A, [First], [A, B]);
        yielded = yielded with { HasCache = false, Record = yielded.Record with { IsComplete = false, YieldedTo = B } };

        AssertMeet(yielded, Primary(B, [First, SecondOfB], [B]), MeetingOutcome.FollowAfterUpdate, MeetingOutcome.LeadAndUpdate);
    }

    [Fact, Rule("S-11")]
    public void Where_both_lost_their_caches_the_primary_settles_what_is_suspect()
    {
        AssertMeet(
            Primary(A, [First], [A, B]) with { HasCache = false }, Secondary(B, [First], [A, B]) with { HasCache = false }, MeetingOutcome.SettleSuspects, MeetingOutcome.Idle);
    }

    [Fact, Rule("S-9")]
    public void A_primary_that_was_alone_lost_nothing_by_losing_its_cache()
    {
        AssertMeet(Primary(A, [First, Second], [A]) with { HasCache = false }, Secondary(B, [First], [A, B]), MeetingOutcome.LeadAndUpdate, MeetingOutcome.FollowAfterUpdate);
    }

    [Fact, Rule("S-10")]
    public void A_node_whose_admission_was_cut_short_is_updated_again()
    {
        // The primary has recorded it as a member, and has hosts wait for the own disk until the other says that it has recorded it too.
        MeetingView half = Secondary(B, [First], [A]);
        half = half with { Record = half.Record with { IsComplete = false } };

        AssertMeet(Primary(A, [First, Second], [A, B]) with { HasCache = false }, half, MeetingOutcome.LeadAndUpdate, MeetingOutcome.FollowAfterUpdate);
        AssertMeet(Primary(A, [First, Second], [A, B]), half, MeetingOutcome.LeadAndUpdate, MeetingOutcome.FollowAfterUpdate);
    }

    [Fact, Rule("S-12")]
    public void With_a_third_node_that_may_have_everything_a_primary_without_its_cache_waits_for_it()
    {
        MeetingView half = Secondary(B, [First], [A, C]);
        half = half with { Record = half.Record with { IsComplete = false } };

        AssertMeet(Primary(A, [First, Second], [A, B, C]) with { HasCache = false }, half, MeetingOutcome.Idle, MeetingOutcome.Idle);
    }

    [Fact, Rule("S-12")]
    public void A_member_that_has_not_heard_of_the_newest_generation_goes_on_in_it()
    {
        AssertMeet(Primary(A, [First, Second], [A, C]), Secondary(C, [First], [A, B, C]), MeetingOutcome.Lead, MeetingOutcome.Follow);
    }

    [Fact, Rule("S-14")]
    public void Nodes_that_went_on_without_each_other_are_split()
    {
        AssertMeet(Primary(A, [First, Second], [A]), Primary(B, [First, SecondOfB], [B]), MeetingOutcome.SplitBrain, MeetingOutcome.SplitBrain);
    }

    [Fact, Rule("S-14")]
    public void A_primary_in_whose_place_another_went_on_follows_it()
    {
        AssertMeet(Primary(A, [First], [A, B]), Primary(B, [First, SecondOfB], [B]), MeetingOutcome.FollowAfterUpdate, MeetingOutcome.LeadAndUpdate);
    }

    [Fact, Rule("S-12")]
    public void Two_secondaries_have_nothing_to_do_with_each_other()
    {
        AssertMeet(Secondary(B, [First], [A, B, C]), Secondary(C, [First], [A, B, C]), MeetingOutcome.Idle, MeetingOutcome.Idle);
    }

    [Fact, Rule("S-9")]
    public void Whatever_two_nodes_say_at_most_one_of_them_leads()
    {
        foreach (MeetingView one in Views(A))
        {
            foreach (MeetingView other in Views(B))
            {
                MeetingOutcome first = Meeting.Decide(one, other);
                MeetingOutcome second = Meeting.Decide(other, one);

                bool fits = (first, second) switch
                {
                    (MeetingOutcome.SplitBrain, MeetingOutcome.SplitBrain) => true,
                    (MeetingOutcome.Lead, MeetingOutcome.Follow) or (MeetingOutcome.Follow, MeetingOutcome.Lead) => true,
                    (MeetingOutcome.LeadAndUpdate, MeetingOutcome.FollowAfterUpdate) or (MeetingOutcome.FollowAfterUpdate, MeetingOutcome.LeadAndUpdate) => true,
                    (MeetingOutcome.Idle, _) or (_, MeetingOutcome.Idle) => first is not (MeetingOutcome.Lead or MeetingOutcome.Follow) && second is not (MeetingOutcome.Lead or MeetingOutcome.Follow),
                    _ => false,
                };
                Assert.True(fits, $"{one} and {other}: {first}, {second}");
            }
        }
    }

    private static IEnumerable<MeetingView> Views(Guid node)
    {
        Generation[][] histories = [[First], [First, Second], [First, SecondOfB], [First, Second, SecondOfB]];
        Guid[][] memberships = [[A], [B], [A, B]];
        foreach (Generation[] history in histories)
        {
            foreach (Guid[] members in memberships)
            {
                foreach (bool isPrimary in (bool[])[false, true])
                {
                    foreach (bool isComplete in (bool[])[false, true])
                    {
                        foreach (bool hasCache in (bool[])[false, true])
                        {
                            SyncRecord record = Record(isPrimary ? SyncRole.Primary : SyncRole.Secondary, history, members) with { IsComplete = isComplete };
                            yield return new MeetingView(node, record, hasCache);
                            yield return new MeetingView(node, record with { Role = SyncRole.Secondary, IsComplete = false, YieldedTo = node == A ? B : A }, hasCache);
                        }
                    }
                }
            }
        }
    }

    private static void AssertMeet(MeetingView one, MeetingView other, MeetingOutcome first, MeetingOutcome second)
    {
        Assert.Equal((first, second), (Meeting.Decide(one, other), Meeting.Decide(other, one)));
    }

    private static MeetingView Primary(Guid node, Generation[] generations, Guid[] members) => new(node, Record(SyncRole.Primary, generations, members), HasCache: true);

    private static MeetingView Secondary(Guid node, Generation[] generations, Guid[] members) => new(node, Record(SyncRole.Secondary, generations, members), HasCache: true);

    private static SyncRecord Record(SyncRole role, Generation[] generations, Guid[] members) => new()
    {
        Role = role,
        Generations = new GenerationHistory(generations),
        Nodes = [A, B, C],
        Members = members,
    };
}
