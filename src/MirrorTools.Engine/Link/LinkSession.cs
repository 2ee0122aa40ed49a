using Microsoft.Extensions.Logging;

namespace MirrorTools.Engine.Link;

/// <summary>
/// One conversation with a peer agent over one <see cref="ILinkTransport"/>: channels for pairs, requests of the control plane, keep-alive. Ends for good
/// at the first fault; a reconnect starts a new one. Runs on the context that starts it; every member may be called from any thread.
/// </summary>
public sealed class LinkSession : IAsyncDisposable
{
    private LinkSession() { }

    /// <summary>Identity of the session, the same at both ends.</summary>
    public Guid SessionId { get; private set; }

    /// <summary>The agent at the other end.</summary>
    public Guid PeerAgentId { get; private set; }

    /// <summary>The software version of the agent at the other end.</summary>
    public string PeerSoftwareVersion { get; private set; } = "";

    /// <summary>The protocol version both ends speak.</summary>
    public int Version { get; private set; }

    /// <summary>Smoothed round-trip time; null until the first answer to a ping.</summary>
    public TimeSpan? RoundTrip => null;

    /// <summary>The peer's clock minus this one's, within half a round trip; null until the first answer to a ping.</summary>
    public TimeSpan? ClockSkew => null;

    /// <summary>Completes, and never faults, when the session has ended and its transport is closed.</summary>
    public Task Completion => throw new NotImplementedException();

    /// <summary>Why the session ended; null while it lives.</summary>
    public LinkClosedException? Failure => null;

    /// <summary>Shakes hands over <paramref name="transport"/>, which the session owns from here on, and starts the session.</summary>
    /// <exception cref="LinkClosedException">The handshake failed; the transport is closed.</exception>
    public static Task<LinkSession> StartAsync(
        ILinkTransport transport, LinkOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Opens a channel for a pair; the peer's acceptor decides.</summary>
    /// <exception cref="LinkClosedException">The session ended, or the peer refused (<see cref="LinkCloseReason.Refused"/>).</exception>
    public Task<IPeerChannel> OpenChannelAsync(Guid pairId, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Sends a request of the control plane and waits for its answer.</summary>
    /// <exception cref="LinkRequestException">The peer answered with an error, or not before <paramref name="deadline"/>.</exception>
    /// <exception cref="LinkClosedException">The session ended.</exception>
    public Task<ReadOnlyMemory<byte>> RequestAsync(
        string method, ReadOnlyMemory<byte> json, TimeSpan deadline, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Says goodbye where the peer still listens, and ends the session.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
