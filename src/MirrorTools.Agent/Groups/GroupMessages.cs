using MirrorTools.Engine.Pairs;
using CopyService = MirrorTools.Contracts.Pairs.CopyService;

namespace MirrorTools.Agent.Groups;

/// <summary>What agents ask each other about groups, by the method's name (docs/formats/state-directory.md lists them).</summary>
internal static class GroupMethods
{
    public const string Decision = "group.decision", Describe = "group.describe", Change = "group.change", Trusts = "group.trusts";
}

/// <summary>Asks the agent with a group's lead, at the site where both hold copies, for its choice about a point.</summary>
/// <param name="GroupId">The group.</param>
/// <param name="IsSiteTwo">The site.</param>
/// <param name="Number">The point.</param>
/// <param name="TakenAt">Its t1.</param>
/// <param name="Lead">The pair that decides.</param>
/// <param name="Force">The lead gives the point up where it has not chosen yet.</param>
internal sealed record DecisionRequest(Guid GroupId, bool IsSiteTwo, ulong Number, DateTimeOffset TakenAt, Guid Lead, bool Force);

/// <summary>The lead's choice.</summary>
/// <param name="Choice">The choice.</param>
/// <param name="PointId">The committed point's id; absent without a commit.</param>
/// <param name="CommittedAt">Its t2; absent without a commit.</param>
internal sealed record DecisionAnswer(PointChoice Choice, Guid? PointId = null, DateTimeOffset? CommittedAt = null);

/// <summary>Asks for a pair that may become, or is, a member.</summary>
/// <param name="Pair">Its name or id.</param>
internal sealed record DescribeRequest(string Pair);

/// <summary>A pair as its source's agent describes it.</summary>
/// <param name="PairId">The pair.</param>
/// <param name="Name">Its name.</param>
/// <param name="Service">Its copy service.</param>
/// <param name="Site1">The agent of its site 1.</param>
/// <param name="Site2">The agent of its site 2.</param>
/// <param name="IsSiteTwo">True where site 2 is the source, after a recovery.</param>
/// <param name="GroupId">The group it is in; absent where it stands alone.</param>
/// <param name="GroupName">That group's name.</param>
internal sealed record DescribeAnswer(
    Guid PairId, string Name, CopyService Service, GroupAgent Site1, GroupAgent Site2, bool IsSiteTwo, Guid? GroupId = null, string? GroupName = null);

/// <summary>Changes the pairs of a group whose sources the asked agent has.</summary>
/// <param name="GroupId">The group.</param>
/// <param name="IsSiteTwo">The site of its sources.</param>
/// <param name="Membership">What its members say from now on; absent where pairs only leave it.</param>
/// <param name="Leaving">Pairs that are in it no more.</param>
/// <param name="CheckOnly">Says whether it would go through, and changes nothing.</param>
internal sealed record ChangeRequest(Guid GroupId, bool IsSiteTwo, GroupMembership? Membership, IReadOnlyList<Guid> Leaving, bool CheckOnly = false);

/// <summary>The change was made, or may be.</summary>
/// <param name="GroupId">The group.</param>
internal sealed record ChangeAnswer(Guid GroupId);

/// <summary>Asks which of some agents the asked one does not trust.</summary>
/// <param name="Agents">The agents.</param>
internal sealed record TrustsRequest(IReadOnlyList<Guid> Agents);

/// <summary>Those that are not trusted.</summary>
/// <param name="Missing">The agents.</param>
internal sealed record TrustsAnswer(IReadOnlyList<Guid> Missing);
