using MirrorTools.Engine.Link;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Hosts;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.SyncCache.Secondary;

/// <summary>
/// A node as a secondary (figure 4, steps 66 and 68): takes writes in the order of the stream into memory, acknowledges them, and puts each into the cache once all nodes are known to have
/// it (S-3). On the pair's scheduler.
/// </summary>
internal sealed class SecondaryNode
{
    private readonly SyncCore _core;
    private readonly PendingGrains _pending = new();
    private readonly LinkedList<ReceivedWrite> _unsettled = new();
    private readonly Signal _work = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(long Mark, TaskCompletionSource Reached)> _waiting = [];
    private IPeerChannel? _channel;
    private Task _running = Task.CompletedTask;
    private Task _scanning = Task.CompletedTask;
    private ulong _settled;
    private long _queued;
    private long _settledSequence;
    private long _put;
    private ulong _toldReceived;
    private bool _isTelling;
    private bool _isFillNew;
    private double _toldPressure;
    private bool _settlesAll;

    public SecondaryNode(SyncCore core, Action<Exception> failed)
    {
        (_core, Failed) = (core, failed);
        Records = new StreamRecords(core, new StreamRecordPort
        {
            Send = (kind, range, scan) => Post(new PeerMessage(kind, 0, 0, scan, range, 0, Guid.Empty)),
            HasPending = _pending.Has,
            WhenSettledAsync = WhenPutAsync,
        }, togglesWhenSent: false);
        Lease = new ReadLease(core, ask => Post(new PeerMessage(SyncMessage.AskLease, 0, 0, ask, 0, 0, Guid.Empty)));
    }

    /// <summary>Told of what this node can't go on after.</summary>
    public Action<Exception> Failed { get; }

    /// <summary>What each of the two may hold unhardened, as the other one knows it.</summary>
    public StreamRecords Records { get; }

    /// <summary>Whether reads may be served (S-8).</summary>
    public ReadLease Lease { get; }

    /// <summary>Whose numbers <see cref="Received"/> is of: the primary's instance.</summary>
    public Guid Stream { get; private set; }

    /// <summary>Writes of the stream up to this number are in this node's memory and acknowledged.</summary>
    public ulong Received { get; private set; }

    /// <summary>True while a primary's stream is followed.</summary>
    public bool IsFollowing => _channel is not null;

    /// <summary>How many writes are received and not in the cache.</summary>
    public int UnsettledCount => _unsettled.Count;

    /// <summary>The grains of writes that are received and not in the cache.</summary>
    public IEnumerable<long> PendingGrains => _pending.Grains;

    /// <summary>Begins to work.</summary>
    public void Start()
    {
        _running = _core.Flows.WatchAsync(RunAsync());
        _scanning = _core.Flows.WatchAsync(Records.Scanner.RunAsync(_stop.Token));
    }

    /// <summary>Has the primary say what is settled, and completes when everything received is in the cache.</summary>
    /// <exception cref="TimeoutException">It did not by the deadline.</exception>
    public async Task WhenSettledAsync(TimeSpan deadline)
    {
        Post(new PeerMessage(SyncMessage.AskSettled, 0, 0, 0, 0, 0, Guid.Empty));
        await WhenPutAsync().WithDeadline(deadline, _core.Time, CancellationToken.None);
    }

    /// <summary>Follows a stream from here on.</summary>
    public void Follow(IPeerChannel channel, Guid stream)
    {
        if (Stream != stream)
        {
            // The one before ended with nothing under way: what is here is everywhere.
            _settledSequence = _queued;
            _work.Set();
            (Stream, Received, _toldReceived, _settled) = (stream, 0, 0, 0);
        }

        _channel = channel;
        _isTelling = false;
        Records.OnSessionStarted();
    }

    /// <summary>The session has ended: what was not acknowledged never came.</summary>
    public void Detach()
    {
        _channel = null;
        Lease.End();
        Records.OnSessionLost();
    }

    /// <summary>Forgets everything that is in memory: the primary goes on without this node, and has marked it (S-10).</summary>
    public async Task DropAsync()
    {
        while (_unsettled.First is { } first)
        {
            Remove(first);
        }

        await WhenPutAsync();
        await _core.Cache.DropAsync();
        Records.Reset();
        (Stream, Received, _toldReceived, _settled) = (Guid.Empty, 0, 0, 0);
    }

    /// <summary>Puts everything that was received into the cache: this node goes on as the primary, and has it all (S-3).</summary>
    public async Task SettleAllAsync()
    {
        _settlesAll = true;
        _work.Set();
        await WhenPutAsync();
    }

    /// <summary>Ends.</summary>
    public async Task StopAsync()
    {
        _stop.Cancel();
        Detach();
        _work.Set();
        await _running;
        await _scanning;
    }

    /// <summary>Takes a write from the stream. Its marks are set before anything else of the stream is looked at.</summary>
    public async Task TakeWriteAsync(ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        GrainRange grains = Check(message, received.Payload.Length);
        Records.Mark(grains);
        MarkForAbsent(grains);
        OnSettled(SettledNumber.Read(message.Subject));
        // Durably hot before it is acknowledged: after both nodes failed, what may be missing is known (S-11).
        long first = _core.Log.RegionAt(message.FirstGrain);
        long last = _core.Log.RegionAt(message.FirstGrain + message.GrainCount - 1);
        ReceivedWrite write = new(received, grains);
        IPeerChannel? channel = _channel;
        int ticket;
        while (!TryEnterHot(first, last, out ticket))
        {
            await _core.Log.MarkSequentiallyAsync(first, last, CancellationToken.None);
        }

        if (channel != _channel || channel is null)
        {
            _core.Gate.Exit(ticket);
            write.Release();
            return;
        }

        (write.Ticket, write.Sequence) = (ticket, ++_queued);
        _pending.Begin(grains);
        _unsettled.AddLast(write);
        if (message.Point > Received)
        {
            Received = message.Point;
        }

        TellReceived();
        _work.Set();
    }

    /// <summary>A write is about to come to cold regions.</summary>
    public async Task WarmAsync(PeerMessage message)
    {
        if (message.FirstGrain >= 0 && message.GrainCount > 0 && message.FirstGrain <= _core.Geometry.LengthBytes - message.GrainCount)
        {
            await _core.Log.MarkSequentiallyAsync(
                _core.Log.RegionAt(message.FirstGrain), _core.Log.RegionAt(message.FirstGrain + message.GrainCount - 1), CancellationToken.None);
        }
    }

    /// <summary>The primary says what a node lacks that is left out (S-9). What is on its way into the cache here is on its way at the primary too, and may not be in what it says.</summary>
    public async Task TakeLacksAsync(ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        if (message.Status != 0)
        {
            await _core.Journal.PersistMarksAsync();
            return;
        }

        if (LackedGrains.Decode(received.Payload.Span, _core.Geometry.GrainCount) is not { } runs || !_core.Record.Nodes.Contains(message.Subject) || message.Subject == _core.NodeId)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "What a node lacks can't be read.");
        }

        int place = _core.PlaceOf(message.Subject);
        foreach (GrainRange run in runs)
        {
            _core.Missing.Add(place, run);
        }

        foreach (long grain in _pending.Grains)
        {
            _core.Missing.Add(place, new GrainRange(grain, 1));
        }
    }

    /// <summary>Writes up to this number are on all nodes.</summary>
    public void OnSettled(ulong number)
    {
        if (number > _settled)
        {
            _settled = number;
            _work.Set();
        }
    }

    /// <summary>The primary waits until what it has sent so far is durable here (S-11).</summary>
    public async Task HardenAsync(PeerMessage message)
    {
        OnSettled(SettledNumber.Read(message.Subject));
        await WhenPutAsync(ofSettled: true);
        GrainRange grains = new(message.FirstGrain, message.GrainCount);
        await (grains.Count > 0 ? _core.Cache.HardenAsync(grains, null, _stop.Token) : _core.Cache.FlushAsync(_stop.Token));
        Post(new PeerMessage(SyncMessage.Hardened, 0, 0, message.Point, 0, 0, Guid.Empty));
    }

    /// <summary>The cache has become fuller or emptier: the primary slows its hosts down by it (S-15).</summary>
    public void OnFillChanged()
    {
        if (_toldPressure > 0 || _core.Cache.Pressure > 0)
        {
            _isFillNew = true;
            TellReceived();
        }
    }

    /// <summary>Completes when nothing that was received before the call overlaps the grains and is not in the cache (S-8).</summary>
    public async Task WhenReadableAsync(GrainRange grains)
    {
        if (_pending.HasAny(grains))
        {
            Post(new PeerMessage(SyncMessage.AskSettled, 0, 0, 0, 0, 0, Guid.Empty));
            await HostWait.ForAsync(WhenPutAsync(), _core, CancellationToken.None);
        }
    }

    /// <summary>Puts a message into the stream.</summary>
    public void Post(in PeerMessage message, ReadOnlyMemory<byte> payload = default)
    {
        if (_channel is { } channel)
        {
            _ = _core.Flows.WatchAsync(StreamSending.IgnoreCutAsync(channel.SendAsync(message, payload, CancellationToken.None)));
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                while (_unsettled.First is { } first && IsSettled(first.Value))
                {
                    if (TryPut(first.Value))
                    {
                        Remove(first);
                    }
                    else
                    {
                        await _core.Cache.WhenRoomAsync(first.Value.LengthBytes, _stop.Token);
                    }
                }

                await _work.WaitAsync();
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            if (!_stop.IsCancellationRequested)
            {
                Failed(exception);
            }
        }
        finally
        {
            foreach ((_, TaskCompletionSource reached) in _waiting)
            {
                reached.TrySetResult();
            }
        }
    }

    // Who is left out lacks what is written from then on, as every node that remains knows (S-9).
    private void MarkForAbsent(GrainRange grains)
    {
        SyncRecord record = _core.Record;
        for (int place = 0; place < record.Nodes.Count && record.IsComplete && record.Members.Count < record.Nodes.Count; place++)
        {
            if (!record.Members.Contains(record.Nodes[place]))
            {
                _core.Missing.Add(place, grains);
            }
        }
    }

    private bool IsSettled(ReceivedWrite write) => _settlesAll || write.Number <= _settled || write.Sequence <= _settledSequence;

    private bool TryPut(ReceivedWrite write) => write.IsZeroes
        ? _core.Cache.TryPutZeroes(write.OffsetBytes, write.LengthBytes, (write.Options & WriteOptions.MayUnmap) != 0)
        : _core.Cache.TryPut(write.OffsetBytes, write.Data);

    private void Remove(LinkedListNode<ReceivedWrite> node)
    {
        ReceivedWrite write = node.Value;
        _unsettled.Remove(node);
        _pending.End(write.Grains);
        _core.Gate.Exit(write.Ticket);
        write.Release();
        _put++;
        _waiting.RemoveAll(waiting =>
        {
            bool isReached = waiting.Mark <= _put;
            if (isReached)
            {
                waiting.Reached.TrySetResult();
            }

            return isReached;
        });
    }

    private Task WhenPutAsync() => WhenPutAsync(ofSettled: false);

    // Completes when everything that is queued now is in the cache; or that part of it that is known to be settled.
    private Task WhenPutAsync(bool ofSettled)
    {
        long mark = _queued;
        for (LinkedListNode<ReceivedWrite>? last = _unsettled.Last; ofSettled && last is not null && !IsSettled(last.Value); last = last.Previous)
        {
            mark--;
        }

        if (_put >= mark || _stop.IsCancellationRequested)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((mark, reached));
        return reached.Task;
    }

    // One receipt under way at a time; the next one speaks for all that came meanwhile.
    private void TellReceived()
    {
        if (!_isTelling && _channel is { } channel)
        {
            _isTelling = true;
            _ = _core.Flows.WatchAsync(TellReceivedAsync(channel));
        }
    }

    private async Task TellReceivedAsync(IPeerChannel channel)
    {
        try
        {
            while (_channel == channel && (_toldReceived < Received || _isFillNew))
            {
                (_toldReceived, _isFillNew) = (Received, false);
                _toldPressure = _core.Cache.Pressure;
                await channel.SendAsync(
                    new PeerMessage(SyncMessage.Received, 0, (uint)(_toldPressure * 1000), Received, _core.Cache.HardenedBytes, 0, Guid.Empty), default, CancellationToken.None);
            }
        }
        catch (LinkClosedException)
        {
            // The primary asks what was received when the next session begins.
        }
        finally
        {
            if (_channel == channel)
            {
                _isTelling = false;
            }
        }
    }

    private bool TryEnterHot(long first, long last, out int ticket)
    {
        // Never closed at a secondary but for an instant, by what cools regions: enter in any case.
        ticket = _core.Gate.EnterClosed();
        for (long region = first; region <= last; region++)
        {
            if (!_core.Log.TryUse(region))
            {
                _core.Gate.Exit(ticket);
                return false;
            }
        }

        return true;
    }

    private GrainRange Check(PeerMessage message, int payloadBytes)
    {
        bool isData = message.Kind == SyncMessage.Write;
        if (((message.FirstGrain | message.GrainCount) & (BlockGeometry.SectorBytes - 1)) != 0 || message.FirstGrain < 0 || message.GrainCount <= 0
            || message.FirstGrain > _core.Geometry.LengthBytes - message.GrainCount || payloadBytes != (isData ? message.GrainCount : 0))
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"A write of {message.GrainCount} bytes at {message.FirstGrain} with {payloadBytes} bytes of data is none of this volume's.");
        }

        return _core.Geometry.Covering(message.FirstGrain, message.GrainCount);
    }
}
