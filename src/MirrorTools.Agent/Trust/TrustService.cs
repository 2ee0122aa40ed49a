namespace MirrorTools.Agent.Trust;

/// <summary>What <c>New- Get- Remove-MirrorTrust</c> ask for: pairing codes, joining with one, the list of trusted peers.</summary>
public sealed class TrustService
{
    /// <summary>How long a code works unless told otherwise.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(15);

    /// <summary>Makes a code that one other agent may use once.</summary>
    /// <param name="addresses">Where this agent's link listens, <c>host:port</c>, one to eight.</param>
    /// <param name="lifetime">At most <see cref="DefaultLifetime"/>, which is also the default.</param>
    public PairingOffer CreateCode(IReadOnlyList<string> addresses, TimeSpan? lifetime = null) => throw new NotImplementedException();

    /// <summary>Stops an offer before its time.</summary>
    public bool VoidCode(Guid offerId) => throw new NotImplementedException();

    /// <summary>Connects to the agent that made <paramref name="code"/>, proves the code, and trusts it; it trusts this one.</summary>
    /// <param name="code">The other agent's code.</param>
    /// <param name="ownAddresses">Where the other agent can connect to this one; empty where it can't.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TrustException">With the id that says why.</exception>
    public Task<TrustedPeer> JoinAsync(string code, IReadOnlyList<string> ownAddresses, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>All trusted peers, by name.</summary>
    public IReadOnlyList<TrustedPeer> List() => throw new NotImplementedException();

    /// <summary>Ends a trust; its session is cut before this returns.</summary>
    /// <exception cref="TrustException">There is no such peer (<see cref="TrustErrorId.TrustNotFound"/>).</exception>
    public TrustedPeer Remove(Guid agentId) => throw new NotImplementedException();
}
