using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>Pings the peer, watches that the link moves in both directions, and measures the round trip and the clocks' difference.</summary>
internal sealed class LinkKeepAlive(LinkSession session, LinkSender sender)
{
    // A sample's error is half its round trip, so the best of the last few tells the clocks' difference.
    private const int Samples = 8;
    private const int MaxOutstanding = 16;
    private const int TicksPerMicrosecond = 10;

    private readonly Queue<(ulong Id, long Sent)> _outstanding = new();
    private readonly Queue<(TimeSpan RoundTrip, TimeSpan Skew)> _samples = new();
    private ulong _nextId = 1;
    private bool _pingQueued;
    private long _lastReceived = session.Time.GetTimestamp();

    /// <summary>Smoothed round-trip time; guarded by the session's gate.</summary>
    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>The peer's clock minus this one's; guarded by the session's gate.</summary>
    public TimeSpan? ClockSkew { get; private set; }

    /// <summary>Bytes arrived.</summary>
    public void Received() => Volatile.Write(ref _lastReceived, session.Time.GetTimestamp());

    /// <summary>Pings and watches until cancelled; throws when the deadline has passed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var options = session.Options;
        while (true)
        {
            var silent = session.Time.GetElapsedTime(Volatile.Read(ref _lastReceived));
            var stuck = sender.SendingFor;
            if (silent >= options.KeepAliveDeadline || stuck >= options.KeepAliveDeadline)
            {
                throw new LinkClosedException(
                    LinkCloseReason.KeepAliveExpired,
                    silent >= options.KeepAliveDeadline
                        ? $"Nothing came from the peer for {silent.TotalSeconds:F1} s."
                        : $"Nothing could be sent to the peer for {stuck.TotalSeconds:F1} s.");
            }

            Ping();

            // Rounded up: a delay of less than a millisecond is none at all.
            var left = options.KeepAliveDeadline - (silent > stuck ? silent : stuck) + TimeSpan.FromMilliseconds(1);
            await Task.Delay(left < options.KeepAliveInterval ? left : options.KeepAliveInterval, session.Time, cancellationToken);
        }
    }

    /// <summary>The peer pings.</summary>
    public void OnPing(PingFrame ping)
    {
        bool queued;
        long arrivedUtc = UtcMicroseconds();
        var pong = new PongFrame(ping.Id, ping.SenderUtcMicroseconds, arrivedUtc);
        lock (session.Gate)
        {
            queued = session.Queue.TryAddControl(new OutgoingControl(LinkFrameType.Pong, channel: 0, head => pong.Write(head)));
        }

        if (!queued)
        {
            session.CutForOverflow();
        }
    }

    /// <summary>The peer answers a ping.</summary>
    public void OnPong(PongFrame pong)
    {
        lock (session.Gate)
        {
            if (pong.Id >= _nextId)
            {
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"The peer answered ping {pong.Id}, which was never sent.");
            }

            while (_outstanding.TryDequeue(out var ping) && ping.Id <= pong.Id)
            {
                if (ping.Id == pong.Id)
                {
                    Measure(session.Time.GetElapsedTime(ping.Sent), pong);
                    return;
                }
            }
        }
    }

    private void Measure(TimeSpan roundTrip, PongFrame pong)
    {
        RoundTrip = RoundTrip is { } smoothed ? smoothed + ((roundTrip - smoothed) / 8) : roundTrip;

        // Saturating: the peer's clock is whatever it says.
        decimal microseconds = (decimal)pong.PongUtcMicroseconds - pong.PingUtcMicroseconds;
        decimal ticks = (microseconds * TicksPerMicrosecond) - (roundTrip.Ticks / 2);
        var skew = TimeSpan.FromTicks((long)Math.Clamp(ticks, TimeSpan.MinValue.Ticks, TimeSpan.MaxValue.Ticks));
        _samples.Enqueue((roundTrip, skew));
        if (_samples.Count > Samples)
        {
            _samples.Dequeue();
        }

        ClockSkew = _samples.MinBy(sample => sample.RoundTrip).Skew;
    }

    private void Ping()
    {
        lock (session.Gate)
        {
            // One that still waits to be sent will do.
            if (!_pingQueued)
            {
                _pingQueued = session.Queue.TryAddControl(new OutgoingControl(LinkFrameType.Ping, channel: 0, WritePing));
            }
        }
    }

    // Stamped as it leaves, so that the time in the queue is no part of the round trip.
    private int WritePing(Span<byte> head)
    {
        lock (session.Gate)
        {
            _pingQueued = false;
            var ping = new PingFrame(_nextId++, UtcMicroseconds());
            if (_outstanding.Count >= MaxOutstanding)
            {
                _outstanding.Dequeue();
            }

            _outstanding.Enqueue((ping.Id, session.Time.GetTimestamp()));
            return ping.Write(head);
        }
    }

    private long UtcMicroseconds() => (session.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TicksPerMicrosecond;
}
