using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Link;

/// <summary>How the link to one trusted peer is.</summary>
/// <param name="AgentId">The peer.</param>
/// <param name="Name">The peer's name.</param>
/// <param name="Session">The session, or null while there is none.</param>
/// <param name="Since">When that state began (UTC).</param>
/// <param name="LastFailure">Why the last attempt or session ended; null where none has, and while a session stands.</param>
public sealed record PeerStatus(Guid AgentId, string Name, LinkSession? Session, DateTimeOffset Since, Exception? LastFailure)
{
    /// <summary>The same in a sentence.</summary>
    public string? LastError => LastFailure?.Message;
}
