using MirrorTools.Agent.Trust;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Agent.Link;

/// <summary>Keeps a session with one peer: connects whenever there is none, in turn over its addresses, with a growing delay between attempts (F-20).</summary>
internal sealed class LinkConnector(
    TrustedPeer peer, LinkDialer dialer, LinkSessions sessions, PeerDirectory directory, ReconnectDelay delay, TimeProvider time, ILogger logger)
{
    // A session that stood this long was a success; one that breaks at once counts as one more failure.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    private readonly byte[] _pin = Convert.FromHexString(peer.Fingerprint);
    private int _nextAddress;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            string cause;
            if (directory.Find(peer.AgentId) is { } session)
            {
                long stood = time.GetTimestamp();
                await session.Completion.WithDeadline(Timeout.InfiniteTimeSpan, time, cancellationToken);
                cause = session.Failure?.Message ?? "The session ended.";
                if (time.GetElapsedTime(stood) >= Settled)
                {
                    delay.Reset();
                }
            }
            else if (await TryConnectAsync(cancellationToken) is { } failure)
            {
                cause = failure.Message;
                directory.NoteFailure(peer.AgentId, failure);
            }
            else
            {
                continue;
            }

            var wait = delay.Next();
            LinkHostLog.ConnectFailed(logger, peer.AgentId, peer.Name, cause, (long)wait.TotalMilliseconds);
            await WaitAsync(wait, cancellationToken);
        }
    }

    /// <summary>One attempt; null where a session stands, else why there is none.</summary>
    private async Task<Exception?> TryConnectAsync(CancellationToken cancellationToken)
    {
        var address = peer.Addresses[_nextAddress++ % peer.Addresses.Count];
        try
        {
            var transport = await dialer.DialAsync(address, LinkTls.LinkName, _pin, cancellationToken);
            return await sessions.StartAsync(transport, peer, isInitiator: true, cancellationToken) is null && directory.Find(peer.AgentId) is null
                ? new LinkClosedException(LinkCloseReason.Refused, "The session was turned away.")
                : null;
        }
        catch (LinkClosedException error) when (error.Reason == LinkCloseReason.Cut)
        {
            return new LinkClosedException(error.Reason, $"{error.Message} Perhaps it does not trust this agent any more: see Get-MirrorTrust there.", error);
        }
        catch (Exception error) when (error is TrustException or LinkClosedException)
        {
            return error;
        }
    }

    // The peer may connect meanwhile; then the wait is over.
    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var expired = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(expired.Token, cancellationToken);
        try
        {
            await directory.WaitAsync(peer.AgentId, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time for the next attempt.
        }
    }
}
