using Microsoft.Extensions.Logging;
using MirrorTools.Engine.Link.Frames;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Link;

/// <summary>
/// One conversation with a peer agent over one <see cref="ILinkTransport"/>: channels for pairs, requests of the control plane, keep-alive. Ends for good
/// at the first fault; a reconnect starts a new one. Runs on the context that starts it; every member may be called from any thread.
/// </summary>
public sealed class LinkSession : IAsyncDisposable
{
    private static readonly TimeSpan GoodbyeDeadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetirementLookout = TimeSpan.FromMilliseconds(100);

    private readonly ILinkTransport _transport;
    private readonly LinkFrameReader _reader;
    private readonly LinkSender _sender;
    private readonly LinkReceiver _receiver;
    private readonly LinkKeepAlive _keepAlive;
    private readonly LinkRequestTable _requests;
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource _goodbyeSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _endSignal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LinkClosedException? _failure;

    private LinkSession(
        ILinkTransport transport, LinkFrameReader reader, LinkOptions options, LinkAgreement agreement, TimeProvider time, ILogger logger)
    {
        (_transport, _reader, Options, Time, Logger) = (transport, reader, options, time, logger);
        (Version, PeerAgentId, PeerSoftwareVersion) = (agreement.Version, agreement.PeerAgentId, agreement.PeerSoftwareVersion);
        (SessionId, MaxPayloadBytes, Features) = (agreement.SessionId, agreement.MaxPayloadBytes, agreement.Features);
        Ended = _ended.Token;
        Channels = new LinkChannelTable(this);
        Opener = new LinkChannelOpener(this, Channels);
        _requests = new LinkRequestTable(this);
        _sender = new LinkSender(transport, Gate, Queue, time, agreement.Compression ? new LinkCompressor() : null, firstSequence: 1);
        _keepAlive = new LinkKeepAlive(this, _sender);
        _receiver = new LinkReceiver(this, reader, _keepAlive, _requests, agreement.Compression);
        reader.Received = _keepAlive.Received;
    }

    /// <summary>Identity of the session, the same at both ends.</summary>
    public Guid SessionId { get; }

    /// <summary>The agent at the other end.</summary>
    public Guid PeerAgentId { get; }

    /// <summary>The software version of the agent at the other end.</summary>
    public string PeerSoftwareVersion { get; }

    /// <summary>The protocol version both ends speak.</summary>
    public int Version { get; }

    /// <summary>What both ends have.</summary>
    public LinkFeatures Features { get; }

    /// <summary>Whether this end connected.</summary>
    public bool IsInitiator => Options.IsInitiator;

    /// <summary>Largest data of a message in bytes, agreed in the handshake.</summary>
    public int MaxPayloadBytes { get; }

    /// <summary>Smoothed round-trip time; null until the first answer to a ping.</summary>
    public TimeSpan? RoundTrip
    {
        get
        {
            lock (Gate)
            {
                return _keepAlive.RoundTrip;
            }
        }
    }

    /// <summary>The peer's clock minus this one's, within half a round trip; null until the first answer to a ping.</summary>
    public TimeSpan? ClockSkew
    {
        get
        {
            lock (Gate)
            {
                return _keepAlive.ClockSkew;
            }
        }
    }

    /// <summary>Completes, and never faults, when the session has ended and its transport is closed.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Why the session ended; null while it lives.</summary>
    public LinkClosedException? Failure => Volatile.Read(ref _failure);

    /// <summary>Guards all of the session's state. Held for moments only, never across a wait or a call to a user.</summary>
    internal Lock Gate { get; } = new();

    internal LinkSendQueue Queue { get; } = new();

    internal LinkChannelTable Channels { get; }

    internal LinkChannelOpener Opener { get; }

    internal LinkOptions Options { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    /// <summary>Cancelled when the session ends.</summary>
    internal CancellationToken Ended { get; }

    /// <summary>Whether the goodbye is on its way; guarded by the gate.</summary>
    internal bool IsClosing { get; private set; }

    /// <summary>Shakes hands over <paramref name="transport"/>, which the session owns from here on, and starts the session.</summary>
    /// <exception cref="LinkClosedException">The handshake failed; the transport is closed.</exception>
    public static async Task<LinkSession> StartAsync(
        ILinkTransport transport, LinkOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        options.Validate();
        var reader = new LinkFrameReader(transport);
        LinkSession session;
        try
        {
            var agreement = await ShakeHandsAsync(transport, reader, options, time, cancellationToken);
            session = new LinkSession(transport, reader, options, agreement, time, logger);
        }
        catch
        {
            await transport.DisposeAsync();
            reader.Dispose();
            throw;
        }

        LinkLog.Started(logger, session.SessionId, session.PeerAgentId, session.Version);
        _ = session.RunAsync();
        return session;
    }

    /// <summary>Opens a channel for a pair; the peer's acceptor decides.</summary>
    /// <exception cref="LinkClosedException">The session ended, or the peer refused (<see cref="LinkCloseReason.Refused"/>).</exception>
    public Task<IPeerChannel> OpenChannelAsync(Guid pairId, CancellationToken cancellationToken) => Opener.OpenAsync(pairId, cancellationToken);

    /// <summary>Sends a request of the control plane and waits for its answer.</summary>
    /// <exception cref="LinkRequestException">The peer answered with an error, or not before <paramref name="deadline"/>.</exception>
    /// <exception cref="LinkClosedException">The session ended.</exception>
    public Task<ReadOnlyMemory<byte>> RequestAsync(
        string method, ReadOnlyMemory<byte> json, TimeSpan deadline, CancellationToken cancellationToken) =>
        _requests.AskAsync(method, json, deadline, cancellationToken);

    /// <summary>Ends the session at once, without a goodbye.</summary>
    /// <param name="cause">Why, for the log and for those who wait.</param>
    public void Cut(string cause) => End(new LinkClosedException(LinkCloseReason.LocalClosed, cause));

    /// <summary>
    /// Another session with the peer takes this one's place: the channels end at once, the requests on their way get their answers, and then the session ends.
    /// </summary>
    /// <param name="grace">How long the session stands at least, so that what the peer asked before it knew of the other session is answered.</param>
    /// <param name="deadline">After this the session ends, whatever is on its way.</param>
    /// <returns>Completes when the session has ended.</returns>
    public async Task RetireAsync(TimeSpan grace, TimeSpan deadline)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(grace, deadline);
        Channels.CloseAllHere();
        long began = Time.GetTimestamp();
        while (Failure is null && Time.GetElapsedTime(began) is var passed && passed < deadline && (passed < grace || !_requests.AreAllAnswered))
        {
            try
            {
                await Completion.WithDeadline(RetirementLookout, Time, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                // Time to look again.
            }
        }

        await DisposeAsync();
    }

    /// <summary>Sends what has its credit, says goodbye where the peer still listens, and ends the session.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            if (_failure is null && !IsClosing)
            {
                IsClosing = true;
                Queue.AddGoodbye(new OutgoingControl(LinkFrameType.Goodbye, channel: 0, writeHead: null, done: () => _goodbyeSent.TrySetResult()));
            }
        }

        try
        {
            await _goodbyeSent.Task.WithDeadline(GoodbyeDeadline, Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The peer does not read; it will see the end of the stream instead.
        }

        Cut("The session was closed on this side.");
        await _completion.Task;
    }

    /// <summary>Throws where nothing new may start any more; under the gate.</summary>
    internal void ThrowIfEnded()
    {
        if (_failure is not null)
        {
            throw _failure.Again();
        }

        if (IsClosing)
        {
            throw new LinkClosedException(LinkCloseReason.LocalClosed, "The session is being closed on this side.");
        }
    }

    /// <summary>The peer asks for more than it reads.</summary>
    internal void CutForOverflow() => End(new LinkClosedException(
        LinkCloseReason.ProtocolViolation, $"More than {LinkProtocol.MaxControlFrames} frames wait because the peer does not read them."));

    private static async Task<LinkAgreement> ShakeHandsAsync(
        ILinkTransport transport, LinkFrameReader reader, LinkOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.HandshakeDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await new LinkHandshake(transport, reader, options).RunAsync(either.Token);
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new LinkClosedException(
                LinkCloseReason.HandshakeTimeout, $"The peer did not finish the handshake within {options.HandshakeDeadline}.", e);
        }
        catch (Exception e) when (e is IOException and not LinkClosedException or ObjectDisposedException)
        {
            throw new LinkClosedException(LinkCloseReason.Cut, "The link was cut during the handshake.", e);
        }
    }

    private async Task RunAsync()
    {
        var loops = Task.WhenAll(
            GuardAsync(_receiver.RunAsync, "The peer said goodbye."), GuardAsync(_sender.RunAsync), GuardAsync(_keepAlive.RunAsync));

        // The transport is closed before the loops are waited for: a send that stands still must not hold the end up.
        await _endSignal.Task;
        try
        {
            await _transport.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            LinkLog.CloseFailed(Logger, e, SessionId);
        }

        await loops;
        _sender.Dispose();
        _reader.Dispose();
        _completion.TrySetResult();
    }

    private async Task GuardAsync(Func<CancellationToken, Task> loop, string farewell = "")
    {
        try
        {
            await loop(Ended);
            End(new LinkClosedException(LinkCloseReason.PeerClosed, farewell));
        }
        catch (LinkClosedException e)
        {
            End(e);
        }
        catch (OperationCanceledException) when (Ended.IsCancellationRequested)
        {
            // The session has ended already, and its cause is kept.
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            End(new LinkClosedException(LinkCloseReason.Cut, $"The link was cut: {e.Message}", e));
        }
        catch (Exception e)
        {
            LinkLog.UnknownFault(Logger, e, SessionId);
            End(new LinkClosedException(LinkCloseReason.Cut, $"The link failed: {e.Message}", e));
        }
    }

    private void End(LinkClosedException failure)
    {
        List<OutgoingFrame> dropped;
        lock (Gate)
        {
            if (_failure is not null)
            {
                return;
            }

            Volatile.Write(ref _failure, failure);
            dropped = Channels.EndAll(failure);
            dropped.AddRange(Queue.Drain());
            _requests.EndAll(failure);
        }

        LinkLog.Ended(Logger, SessionId, PeerAgentId, failure.Reason, failure.Message);
        dropped.ForEach(frame => frame.Failed(failure));
        _ended.Cancel();
        _goodbyeSent.TrySetResult();
        _endSignal.TrySetResult();
    }
}
