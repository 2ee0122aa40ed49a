using MirrorTools.Engine.Link;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Agent.Pairs;

/// <summary>A port: the other agents.</summary>
internal interface IPeerLinks
{
    /// <summary>The trusted agent of that name or id.</summary>
    /// <exception cref="Control.Errors.ControlException">There is none.</exception>
    (Guid AgentId, string Name) Find(string nameOrId);

    /// <summary>The name under which the agent is trusted; null where it is not.</summary>
    string? NameOf(Guid agentId);

    /// <summary>True while a session to the agent stands.</summary>
    bool IsConnected(Guid agentId);

    /// <summary>Why there is no session to the agent, or none any more; null where there is one, or where nothing is known yet.</summary>
    Exception? WhyNotConnected(Guid agentId);

    /// <summary>Opens a channel for a pair as soon as there is a session.</summary>
    Task<IPeerChannel> OpenChannelAsync(Guid agentId, Guid pairId, CancellationToken cancellationToken);

    /// <summary>Asks the agent something; waits for a session only as long as a request may take.</summary>
    /// <param name="agentId">The agent.</param>
    /// <param name="method">What is asked.</param>
    /// <param name="json">The question.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="needed">What the agent has to have to understand the question; it is not asked where it has not.</param>
    /// <exception cref="Control.Errors.ControlException">It does not answer, or lacks what is needed.</exception>
    Task<ReadOnlyMemory<byte>> RequestAsync(
        Guid agentId, string method, ReadOnlyMemory<byte> json, CancellationToken cancellationToken, LinkFeatures needed = LinkFeatures.None);

    /// <summary>Refuses an agent that lacks a feature, or does not answer.</summary>
    /// <exception cref="Control.Errors.ControlException">Which one, and why.</exception>
    Task RequireAsync(Guid agentId, LinkFeatures needed, CancellationToken cancellationToken);
}
