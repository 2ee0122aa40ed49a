using MirrorTools.Agent.Link;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Trust;

/// <summary>What <c>New- Get- Remove-MirrorTrust</c> ask for: pairing codes, joining with one, the list of trusted peers.</summary>
public sealed class TrustService
{
    /// <summary>How long a code works, unless told less.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan PairingDeadline = TimeSpan.FromSeconds(15);

    private readonly AgentIdentity _identity;
    private readonly TrustStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PairingOffers _offers;

    /// <summary>Creates the service.</summary>
    public TrustService(AgentIdentity identity, TrustStore store, TimeProvider time, ILogger<TrustService> logger)
    {
        (_identity, _store, _time, _logger) = (identity, store, time, logger);
        _offers = new PairingOffers(time);
    }

    /// <summary>Raised when another agent used a code of this one, and is trusted now. Must not block.</summary>
    internal event Action<TrustedPeer>? Joined;

    /// <summary>Whether an agent that wants to pair is let in at all: there is, or was lately, a code.</summary>
    internal bool AcceptsPairing => _offers.AnyRemembered;

    /// <summary>Makes a code that one other agent may use once.</summary>
    /// <param name="addresses">Where this agent's link listens, <c>host:port</c>, one to eight.</param>
    /// <param name="lifetime">At most <see cref="DefaultLifetime"/>, which is also the default.</param>
    /// <exception cref="ArgumentException">An address is none, or there are none or too many.</exception>
    public PairingOffer CreateCode(IReadOnlyList<string> addresses, TimeSpan? lifetime = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(addresses.Count, nameof(addresses));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(addresses.Count, PairingCode.MaxAddresses, nameof(addresses));
        if (addresses.FirstOrDefault(address => !PeerAddress.IsValid(address)) is { } bad)
        {
            throw new ArgumentException($"'{bad}' is no address of the form host:port.", nameof(addresses));
        }

        var length = lifetime ?? DefaultLifetime;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, DefaultLifetime, nameof(lifetime));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(length, TimeSpan.Zero, nameof(lifetime));
        var (id, secret, expiresAt) = _offers.Add(length);
        return new PairingOffer(id, new PairingCode(id, _identity.Pin, secret, addresses).Format(), expiresAt);
    }

    /// <summary>Stops an offer before its time; false where it is not live any more.</summary>
    public bool VoidCode(ulong offerId) => _offers.Void(offerId);

    /// <summary>Connects to the agent that made <paramref name="code"/>, proves the code, and trusts it; it trusts this one.</summary>
    /// <param name="code">The other agent's code.</param>
    /// <param name="ownAddresses">Where the other agent can connect to this one; empty where it can't.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TrustException">With the id that says why.</exception>
    public Task<TrustedPeer> JoinAsync(string code, IReadOnlyList<string> ownAddresses, CancellationToken cancellationToken) =>
        JoinAsync(code, ownAddresses, name: null, cancellationToken);

    /// <summary>Connects to the agent that made <paramref name="code"/>, proves the code, and trusts it; it trusts this one.</summary>
    /// <param name="code">The other agent's code.</param>
    /// <param name="ownAddresses">Where the other agent can connect to this one; empty where it can't.</param>
    /// <param name="name">The label for the other agent here; its own name where null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TrustException">With the id that says why.</exception>
    public async Task<TrustedPeer> JoinAsync(string code, IReadOnlyList<string> ownAddresses, string? name, CancellationToken cancellationToken)
    {
        var parsed = PairingCode.Parse(code);
        if (parsed.ListenerPin.AsSpan().SequenceEqual(_identity.Pin))
        {
            throw new TrustException(TrustErrorId.TrustSelf, "This code was made by this agent; use it on the other one.");
        }

        var self = new PairingPerson(_identity.AgentId, _identity.Name, ownAddresses);
        using var deadline = new CancellationTokenSource(PairingDeadline, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await using var transport = await DialAsync(parsed, either.Token);
            var conversation = new PairingConversation(transport, _identity.Pin, transport.PeerPin);
            var other = await conversation.JoinAsync(parsed, self, either.Token);
            return Trust(other, transport.PeerPin, parsed.Addresses, name, transport.PeerAddress);
        }
        catch (PairingRefusedException error)
        {
            throw Refused(error);
        }
        catch (IOException error)
        {
            // The right agent answered, and closed the connection: it has no such code, or had when it was last started.
            throw new TrustException(
                TrustErrorId.TrustCodeWrong,
                "The other agent does not know this code; perhaps it was restarted since. Make a new one with New-MirrorTrust there.",
                error);
        }
        catch (OperationCanceledException error) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TrustException(
                TrustErrorId.PeerUnreachable, $"The other agent did not finish pairing within {PairingDeadline.TotalSeconds:F0} s.", error);
        }
    }

    /// <summary>All trusted peers, by name.</summary>
    public IReadOnlyList<TrustedPeer> List() => _store.List();

    /// <summary>Ends a trust; its session is cut before this returns.</summary>
    /// <exception cref="TrustException">There is no such peer (<see cref="TrustErrorId.TrustNotFound"/>).</exception>
    public TrustedPeer Remove(Guid agentId) => _store.Remove(agentId) ?? throw new TrustException(
        TrustErrorId.TrustNotFound, $"No agent with the id {agentId} is trusted; Get-MirrorTrust lists those that are.");

    /// <summary>Answers an agent that wants to pair.</summary>
    internal Task<PairingStatus> AnswerAsync(ILinkTransport transport, byte[] joinerPin, string address, CancellationToken cancellationToken)
    {
        var self = new PairingPerson(_identity.AgentId, _identity.Name, []);
        return new PairingConversation(transport, joinerPin, _identity.Pin).ListenAsync(
            _offers, self, joiner => TrustJoiner(joiner, joinerPin, address), cancellationToken);
    }

    private TrustedPeer TrustJoiner(PairingPerson joiner, byte[] pin, string address)
    {
        var peer = Trust(joiner, pin, joiner.Addresses, name: null, address);
        Joined?.Invoke(peer);
        return peer;
    }

    private static TrustException Refused(PairingRefusedException error)
    {
        const string Remedy = "Make a new one with New-MirrorTrust on the other agent.";
        return error.Status switch
        {
            PairingStatus.Expired => new(TrustErrorId.TrustCodeExpired, $"The pairing code is too old. {Remedy}", error),
            PairingStatus.Used => new(TrustErrorId.TrustCodeUsed, $"The pairing code was used already. {Remedy}", error),
            PairingStatus.Voided => new(TrustErrorId.TrustCodeVoided, $"The pairing code is void after too many failures. {Remedy}", error),
            PairingStatus.StoreFailed => new(TrustErrorId.TrustStoreFailed, "The other agent could not store the trust; its log says why.", error),
            PairingStatus.OtherVersion => new(
                TrustErrorId.OtherVersion, "The other agent speaks another version of pairing; update the older agent.", error),
            _ => new(TrustErrorId.TrustCodeWrong, $"The other agent does not accept this pairing code. {Remedy}", error),
        };
    }

    private async Task<TlsLinkTransport> DialAsync(PairingCode code, CancellationToken cancellationToken)
    {
        var dialer = new LinkDialer(_identity, _time);
        TrustException? last = null;
        foreach (var address in code.Addresses)
        {
            try
            {
                return await dialer.DialAsync(address, LinkTls.PairingName, code.ListenerPin, cancellationToken);
            }
            catch (TrustException error)
            {
                // Somebody else at an address weighs more than nobody at another.
                last = last?.ErrorId == TrustErrorId.FingerprintMismatch ? last : error;
            }
        }

        throw last!;
    }

    private TrustedPeer Trust(PairingPerson person, byte[] pin, IReadOnlyList<string> addresses, string? name, string address)
    {
        var peer = _store.Add(new TrustedPeer(
            person.AgentId, name ?? person.Name, PublicKeyPin.Fingerprint(pin), addresses, _time.GetUtcNow()));
        LinkHostLog.Paired(_logger, peer.AgentId, peer.Name, address);
        return peer;
    }
}
