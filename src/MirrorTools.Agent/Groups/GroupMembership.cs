namespace MirrorTools.Agent.Groups;

/// <summary>The consistency group a pair is in; every member's definition says the same, on both agents.</summary>
/// <param name="Id">The group.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="Pairs">The ids of its pairs, the lead first.</param>
public sealed record GroupMembership(Guid Id, string Name, DateTimeOffset CreatedAt, IReadOnlyList<Guid> Pairs)
{
    /// <summary>True for the pair whose commit is the group's.</summary>
    public bool IsLedBy(Guid pairId) => Pairs[0] == pairId;
}
