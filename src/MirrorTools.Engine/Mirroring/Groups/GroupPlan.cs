using System.Security.Cryptography;

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>
/// Who is in a consistency group whose sources may be at several agents. The agent with the first pair's source, the lead, coordinates; the others are its branches.
/// </summary>
/// <param name="GroupId">The group.</param>
/// <param name="OwnAgent">The agent that holds this plan.</param>
/// <param name="Members">The pairs, the lead first; in the same order at every agent.</param>
public sealed record GroupPlan(Guid GroupId, Guid OwnAgent, IReadOnlyList<GroupMember> Members)
{
    /// <summary>The agent that takes the group's points.</summary>
    public Guid Coordinator => Members[0].AgentId;

    /// <summary>True where this agent takes them.</summary>
    public bool Coordinates => OwnAgent == Coordinator;

    /// <summary>The other agents, where this one coordinates; empty where it does not.</summary>
    public IReadOnlyList<Guid> Branches => Coordinates ? [.. Members.Select(static member => member.AgentId).Where(agent => agent != OwnAgent).Distinct()] : [];

    /// <summary>The pairs whose sources are at this agent, in the group's order.</summary>
    public IReadOnlyList<Guid> LocalPairs => [.. Members.Where(member => member.AgentId == OwnAgent).Select(static member => member.PairId)];

    /// <summary>True where all sources are at this agent.</summary>
    public bool IsLocal => Members.All(member => member.AgentId == OwnAgent);

    /// <summary>What an agent is called in messages.</summary>
    internal string NameOf(Guid agent) => Members.FirstOrDefault(member => member.AgentId == agent).AgentName ?? agent.ToString();

    /// <summary>32 bytes that two agents have in common only where they have the same members in the same order at the same agents.</summary>
    internal byte[] Digest()
    {
        using MemoryStream bytes = new();
        bytes.Write(GroupId.ToByteArray());
        foreach (GroupMember member in Members)
        {
            bytes.Write(member.PairId.ToByteArray());
            bytes.Write(member.AgentId.ToByteArray());
        }

        return SHA256.HashData(bytes.ToArray());
    }
}
