namespace MirrorTools.Agent.Trust;

/// <summary>An agent that this one trusts.</summary>
/// <param name="AgentId">The peer's identity.</param>
/// <param name="Name">The peer's name, a label; case-insensitive.</param>
/// <param name="Fingerprint">SHA-256 of the peer's public key (SPKI), 64 lower-case hex digits.</param>
/// <param name="Addresses">Where to connect to it, <c>host:port</c>; empty where only the peer connects.</param>
/// <param name="TrustedSince">When the two were paired (UTC).</param>
public sealed record TrustedPeer(Guid AgentId, string Name, string Fingerprint, IReadOnlyList<string> Addresses, DateTimeOffset TrustedSince);
