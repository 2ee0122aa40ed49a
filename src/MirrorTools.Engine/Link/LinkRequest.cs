namespace MirrorTools.Engine.Link;

/// <summary>A request from the peer, as its handler sees it.</summary>
/// <param name="PeerAgentId">The agent that asks.</param>
/// <param name="SessionId">The session the request came over.</param>
/// <param name="Method">The name that chose the handler.</param>
/// <param name="Json">The request's body in UTF-8, valid until the handler completes.</param>
public readonly record struct LinkRequest(Guid PeerAgentId, Guid SessionId, string Method, ReadOnlyMemory<byte> Json);
