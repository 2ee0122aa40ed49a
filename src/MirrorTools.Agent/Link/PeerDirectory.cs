using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Link;

/// <summary>The sessions to trusted peers: at most one per peer, whichever side connected.</summary>
public sealed class PeerDirectory
{
    internal PeerDirectory() { }

    /// <summary>Raised when a peer's session has started.</summary>
    public event Action<LinkSession>? SessionStarted { add { } remove { } }

    /// <summary>Raised when a peer's session has ended.</summary>
    public event Action<LinkSession>? SessionEnded { add { } remove { } }

    /// <summary>The peer's session, or null.</summary>
    public LinkSession? Find(Guid agentId) => throw new NotImplementedException();

    /// <summary>The peer's session, as soon as there is one.</summary>
    public Task<LinkSession> WaitAsync(Guid agentId, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Every trusted peer and how its link is, by name.</summary>
    public IReadOnlyList<PeerStatus> List() => throw new NotImplementedException();
}
