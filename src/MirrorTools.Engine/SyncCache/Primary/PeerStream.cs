using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Hardening;
using MirrorTools.Engine.SyncCache.Hosts;
using MirrorTools.Engine.SyncCache.Members;

namespace MirrorTools.Engine.SyncCache.Primary;

/// <summary>
/// A primary's side of the stream to one other node: sends writes in their order, marks what the other may hold unhardened before it sends it (S-3), takes receipts, and gives leave to
/// serve reads (S-8). On the pair's scheduler.
/// </summary>
internal sealed class PeerStream
{
    private readonly SyncCore _core;
    private readonly WriteRing _ring;
    private readonly Action _changed;
    private readonly Signal _toSend = new();
    private Task _sending = Task.CompletedTask;
    private ulong _leaseFrom;
    private long _progressAt;
    private long _hardenedBytes;
    private long _hardenedAt;

    /// <summary>Creates the side of a node that is not connected.</summary>
    /// <param name="core">This node.</param>
    /// <param name="node">The other node.</param>
    /// <param name="ring">The writes.</param>
    /// <param name="pending">Which grains have writes on their way.</param>
    /// <param name="changed">Told of receipts and of changes of <see cref="Mode"/>.</param>
    public PeerStream(SyncCore core, Guid node, WriteRing ring, PendingGrains pending, Action changed)
    {
        (_core, Node, _ring, _changed) = (core, node, ring, changed);
        Place = core.PlaceOf(node);
        Asks = new PeerAsks(this);
        Records = new StreamRecords(core, new StreamRecordPort
        {
            Send = (kind, range, scan) => Post(new PeerMessage(kind, 0, 0, scan, range, 0, Guid.Empty)),
            HasPending = pending.Has,
            WhenSettledAsync = () => WhenSettled!(),
        }, togglesWhenSent: true);
    }

    /// <summary>The other node.</summary>
    public Guid Node { get; }

    /// <summary>Its place in the pair.</summary>
    public int Place { get; }

    /// <summary>How this node stands to it.</summary>
    public PeerMode Mode { get; private set; } = PeerMode.Absent;

    /// <summary>The channel of the present session; null between two.</summary>
    public IPeerChannel? Channel { get; private set; }

    /// <summary>Writes up to this number went into the stream.</summary>
    public ulong Sent { get; private set; }

    /// <summary>Writes up to this number are in the other's cache.</summary>
    public ulong Acknowledged { get; private set; }

    /// <summary>How far the other's unhardened data are on their way to its limit, 0 to 1 (S-15).</summary>
    public double Pressure { get; private set; }

    /// <summary>True once all that the other one was sent since it took part went through this object: <see cref="Records"/> tells then what it may lack.</summary>
    public bool IsTracked { get; private set; }

    /// <summary>True while it is being left out: it does not go on with what it has.</summary>
    public bool IsBeingLeftOut { get; set; }

    /// <summary>Until when the other one may serve reads, in the clock's timestamps.</summary>
    public long LeaseEnd { get; private set; }

    /// <summary>What each of the two may hold unhardened, as the other one knows it.</summary>
    public StreamRecords Records { get; }

    /// <summary>What the other one was asked.</summary>
    public PeerAsks Asks { get; }

    /// <summary>Writes that have been taken; set by the primary.</summary>
    public required Func<ulong> Taken { get; init; }

    /// <summary>Writes that are in the caches of all that take part.</summary>
    public required Func<ulong> Settled { get; init; }

    /// <summary>Completes when what was taken up to now is in the own cache.</summary>
    public required Func<Task> WhenSettled { get; init; }

    /// <summary>True where a write has to have been received by this node before its host is answered; a lost one keeps all waiting.</summary>
    public bool IsWaitedFor => Mode is PeerMode.Lost or PeerMode.Joining or PeerMode.Mirroring;

    /// <summary>True where the write of a number need not wait for this node any longer.</summary>
    public bool HasOrNeedsNot(ulong number) => !IsWaitedFor || (Mode != PeerMode.Lost && Acknowledged >= number) || _core.Parts.Faults.AcknowledgeBeforeSecondary;

    /// <summary>Changes the mode and says so.</summary>
    public void Enter(PeerMode mode, string why)
    {
        _core.Parts.Transitions?.Invoke("SyncPeer", Mode.ToString(), why, mode.ToString());
        Mode = mode;
        if (mode is not (PeerMode.Mirroring or PeerMode.Joining))
        {
            Pressure = 0;
            _core.Throttle.Remove(Place);
        }

        _changed();
    }

    /// <summary>A session has begun and both nodes know what they do; nothing is sent yet.</summary>
    public void Attach(IPeerChannel channel)
    {
        Channel = channel;
        _progressAt = _core.Time.GetTimestamp();
    }

    /// <summary>Sends writes from the one after <paramref name="received"/> on, and waits for their receipts.</summary>
    public void BeginWrites(ulong received, PeerMode mode, string why)
    {
        (Sent, Acknowledged, IsTracked) = (received, received, true);

        // What goes again may be older than what a reader has seen there: no reads before it has all been received once more.
        _leaseFrom = Taken();
        _progressAt = _core.Time.GetTimestamp();
        Enter(mode, why);
        _sending = _core.Flows.WatchAsync(SendWritesAsync(Channel!));
    }

    /// <summary>The session is over.</summary>
    /// <returns>Completes when nothing of a host's memory is looked at any more.</returns>
    public Task DetachAsync()
    {
        Channel = null;
        Asks.Fail();
        Records.OnSessionLost();
        _toSend.Set();
        return _sending;
    }

    /// <summary>Completes when nothing of a host's memory is looked at any more.</summary>
    public Task WhenSendingEnded() => _sending;

    /// <summary>There may be writes to send.</summary>
    public void Wake() => _toSend.Set();

    /// <summary>The other one serves no reads any more: it said so, or is known to have been restarted.</summary>
    public void EndLease() => LeaseEnd = 0;

    /// <summary>Puts a message into the stream at this place. What becomes of it only the other's answer tells.</summary>
    public void Post(in PeerMessage message, ReadOnlyMemory<byte> payload = default)
    {
        if (Channel is { } channel)
        {
            ValueTask sending = channel.SendAsync(message, payload, CancellationToken.None);
            if (!sending.IsCompletedSuccessfully)
            {
                _ = _core.Flows.WatchAsync(StreamSending.IgnoreCutAsync(sending));
            }
        }
    }

    /// <summary>Puts a write into the stream and marks it; for those that go beside the order of the ring, while the other one is updated.</summary>
    public void PostWrite(long offsetBytes, long lengthBytes, ReadOnlyMemory<byte> data, ushort flags, ulong number)
    {
        Records.Mark(_core.Geometry.Covering(offsetBytes, lengthBytes));
        Post(new PeerMessage(data.IsEmpty ? SyncMessage.Zeroes : SyncMessage.Write, flags, 0, number, offsetBytes, lengthBytes, SettledNumber.Write(number)), data);
    }

    /// <summary>Takes a receipt.</summary>
    public void OnReceived(ulong number, double pressure, long hardenedBytes)
    {
        if (Mode is (PeerMode.Joining or PeerMode.Mirroring) && number > Sent)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"Node {Node} acknowledged write {number}; {Sent} were sent.");
        }

        if (pressure <= 0 || hardenedBytes != _hardenedBytes)
        {
            _hardenedAt = _core.Time.GetTimestamp();
        }

        (Pressure, _hardenedBytes) = (Math.Clamp(pressure, 0, 1), hardenedBytes);
        if (Mode is PeerMode.Mirroring or PeerMode.Joining)
        {
            _core.Throttle.Report(Place, Pressure, hardenedBytes);
        }

        if (number > Acknowledged && Mode is (PeerMode.Joining or PeerMode.Mirroring))
        {
            Acknowledged = number;
            _progressAt = _core.Time.GetTimestamp();
        }

        _changed();
    }

    /// <summary>The other one asks for leave to serve reads (S-8).</summary>
    public void OnAskLease(ulong ask)
    {
        if (Mode == PeerMode.Mirroring && Acknowledged >= _leaseFrom)
        {
            LeaseEnd = _core.Time.GetTimestamp() + (long)(_core.Options.Lease.TotalSeconds * _core.Time.TimestampFrequency);
            Post(new PeerMessage(SyncMessage.Lease, 0, (uint)_core.Options.Lease.TotalMilliseconds, ask, 0, 0, Guid.Empty));
        }
    }

    /// <summary>True where the other one has left something unanswered for too long (S-15).</summary>
    public bool IsOverdue(TimeSpan deadline) =>
        Channel is not null
        && ((IsWaitedFor && Acknowledged < Sent && _core.Time.GetElapsedTime(_progressAt) > deadline)
            || (Pressure > 0 && _core.Throttle.Waiting > 0 && _core.Time.GetElapsedTime(_hardenedAt) > deadline)
            || Asks.IsOverdue(_core.Time, deadline));

    private async Task SendWritesAsync(IPeerChannel channel)
    {
        try
        {
            while (Channel == channel && Mode is (PeerMode.Joining or PeerMode.Mirroring))
            {
                if (Sent >= Taken())
                {
                    await _toSend.WaitAsync();
                    continue;
                }

                if (Acknowledged == Sent)
                {
                    _progressAt = _core.Time.GetTimestamp();
                }

                // Marked, numbered and sent in one step of the scheduler: a toggle of the records is before all three or behind them.
                if (_ring.At(Sent + 1) is not { } write)
                {
                    if (!_core.Parts.Faults.AcknowledgeBeforeSecondary)
                    {
                        throw new InvalidOperationException($"Write {Sent + 1} was answered before node {Node} had it.");
                    }

                    Sent++;
                    continue;
                }

                Sent++;
                Records.Mark(_core.Geometry.Covering(write.OffsetBytes, write.LengthBytes));
                await channel.SendAsync(
                    new PeerMessage(write.IsZeroes ? SyncMessage.Zeroes : SyncMessage.Write, 0, (uint)write.Options, write.Number, write.OffsetBytes, write.LengthBytes, SettledNumber.Write(Settled())),
                    write.Data,
                    CancellationToken.None);
            }
        }
        catch (LinkClosedException)
        {
            // The conversation ends by it, and says so.
        }
    }
}
