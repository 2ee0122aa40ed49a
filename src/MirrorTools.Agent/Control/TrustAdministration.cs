using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Trust;

namespace MirrorTools.Agent.Control;

/// <summary>What admins do with trust: make a code, use one, list, end.</summary>
internal sealed class TrustAdministration(
    TrustService trust, LinkHost link, AgentIdentity identity, AgentRuntime runtime, PairRegistry pairs, EventLog events, TimeProvider time)
{
    private static readonly TimeSpan LongestConnecting = TimeSpan.FromSeconds(2);

    /// <summary>Makes a one-time code.</summary>
    public TrustCodeInfo CreateCode(NewTrustCodeRequest request)
    {
        IReadOnlyList<string> addresses = request.Address is { Length: > 0 } address ? [address] : runtime.AdvertisedAddresses(link.ListenEndPoints);
        if (addresses.Count == 0)
        {
            throw new ControlException(ErrorIds.LinkNotListening, "This agent does not listen for other agents, so that nobody could use a code.");
        }

        if (addresses.FirstOrDefault(candidate => !PeerAddress.IsValid(candidate)) is { } bad)
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"'{bad}' is no address of the form host:port.", bad)
            {
                Remedy = "Give New-MirrorTrust the address as host:port, such as site2.example:7421; Get-MirrorAgent shows where the agent listens.",
            };
        }

        var lifetime = request.LifetimeMs is { } ms ? TimeSpan.FromMilliseconds(ms) : TrustService.DefaultLifetime;
        if (lifetime <= TimeSpan.Zero || lifetime > TrustService.DefaultLifetime)
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"A code lives up to {TrustService.DefaultLifetime.TotalMinutes} minutes, not {lifetime}.")
            {
                Remedy = "Give New-MirrorTrust a -Lifetime from 1s to 15m, or leave it out.",
            };
        }

        var offer = trust.CreateCode(addresses, lifetime);
        return new TrustCodeInfo
        {
            Code = offer.Code,
            Address = addresses[0],
            CertificateFingerprint = identity.Fingerprint,
            ExpiresAt = WireTime.Write(offer.ExpiresAt),
        };
    }

    /// <summary>Uses another agent's code.</summary>
    public async Task<TrustInfo> JoinAsync(JoinTrustRequest request, string actor, CancellationToken cancel)
    {
        var peer = await trust.JoinAsync(request.Code.Trim(), runtime.AdvertisedAddresses(link.ListenEndPoints), request.Name, cancel);
        events.Write(EventKinds.TrustAdded, null, actor, ("peer", peer.Name), ("fingerprint", peer.Fingerprint));
        await WaitForSessionAsync(peer, cancel);
        return Describe(peer);
    }

    // The two connect within moments; an admin is not shown that they have not yet.
    private async Task WaitForSessionAsync(TrustedPeer peer, CancellationToken cancel)
    {
        try
        {
            await link.Peers.WaitAsync(peer.AgentId, cancel).WaitAsync(LongestConnecting, time, cancel);
        }
        catch (TimeoutException)
        {
            // The list of trusted agents tells why, as far as it is known.
        }
    }

    /// <summary>The trusted agents.</summary>
    public TrustList List() => new() { Items = [.. trust.List().Select(Describe)] };

    /// <summary>One trusted agent.</summary>
    public TrustInfo Get(string nameOrId) => Describe(Find(nameOrId));

    /// <summary>Ends a trust; its session is cut before this returns.</summary>
    public TrustInfo Remove(string nameOrId, string actor)
    {
        var peer = Find(nameOrId);
        var info = Describe(peer);
        if (info.PairCount > 0)
        {
            throw new ControlException(ErrorIds.TrustInUse, $"{(info.PairCount == 1 ? "A pair has its" : $"{info.PairCount} pairs have their")} other side at '{peer.Name}'.", peer.Name);
        }

        trust.Remove(peer.AgentId);
        events.Write(EventKinds.TrustRemoved, null, actor, ("peer", peer.Name));
        return info;
    }

    private TrustedPeer Find(string nameOrId) =>
        trust.List().FirstOrDefault(peer => peer.Name.Equals(nameOrId, StringComparison.OrdinalIgnoreCase) || peer.AgentId.ToString() == nameOrId)
        ?? throw new ControlException(ErrorIds.TrustNotFound, $"No trusted agent is called '{nameOrId}'.", nameOrId);

    private TrustInfo Describe(TrustedPeer peer)
    {
        var status = link.Peers.List().FirstOrDefault(known => known.AgentId == peer.AgentId);
        return new TrustInfo
        {
            AgentId = peer.AgentId.ToString(),
            Name = peer.Name,
            Address = peer.Addresses.FirstOrDefault(),
            CertificateFingerprint = peer.Fingerprint,
            CreatedAt = WireTime.Write(peer.TrustedSince),
            Connected = status?.Session is not null,
            LastError = status?.LastError,
            LastErrorId = status?.LastFailure is { } failure ? ErrorTranslation.OfLink(failure).ErrorId : null,
            LastSeenAt = status is null ? null : WireTime.Write(status.Session is not null ? time.GetUtcNow() : status.Since),
            RoundTripMs = status?.Session?.RoundTrip?.TotalMilliseconds,
            ClockSkewMs = status?.Session?.ClockSkew?.TotalMilliseconds,
            PairCount = pairs.List().Count(pair => pair.PeerAgentId == peer.AgentId),
        };
    }
}
