namespace MirrorTools.Agent.Trust;

/// <summary>The trusted peers, in one file of the state directory that is replaced whole at each change.</summary>
public sealed class TrustStore
{
    private TrustStore() { }

    /// <summary>Raised after a peer was added or changed, durably.</summary>
    public event Action<TrustedPeer>? Added { add { } remove { } }

    /// <summary>Raised after a peer was removed, durably.</summary>
    public event Action<TrustedPeer>? Removed { add { } remove { } }

    /// <summary>Reads the store of <paramref name="stateDirectory"/>; empty where there is none.</summary>
    /// <exception cref="TrustException">The file is there and cannot be read (<see cref="TrustErrorId.TrustStoreFailed"/>).</exception>
    public static TrustStore Open(string stateDirectory) => throw new NotImplementedException();

    /// <summary>All trusted peers, by name.</summary>
    public IReadOnlyList<TrustedPeer> List() => throw new NotImplementedException();

    /// <summary>The peer with that id, or null.</summary>
    public TrustedPeer? Find(Guid agentId) => throw new NotImplementedException();

    /// <summary>The peer whose public key has that fingerprint, or null.</summary>
    public TrustedPeer? FindByFingerprint(string fingerprint) => throw new NotImplementedException();
}
