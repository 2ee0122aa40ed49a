using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>Site 2's side of the link: one conversation at a time (F-20, F-21, F-23).</summary>
internal sealed class TargetSession(TargetCore core, TargetPoint point, ArrivalWriter arrivals, TargetComparison comparison, GrainMap? differences)
{
    private IPeerChannel? _channel;
    private Task _run = Task.CompletedTask;
    private CancellationTokenSource _stop = new();
    private bool _closed;

    /// <summary>Told of a storage of this side that failed.</summary>
    public required Action<SuspendReason, Exception> Failed { get; init; }

    /// <summary>True once site 1 has greeted over the present channel.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>The point that site 1 says is under way, 0 for none; null where it has not said so since it connected.</summary>
    public ulong? Announced { get; private set; }

    /// <summary>Begins a conversation over a new session.</summary>
    public void Attach(IPeerChannel channel)
    {
        if (_closed)
        {
            // Left open it would keep the other side waiting for an answer that nobody gives.
            _ = core.Flows.WatchAsync(channel.DisposeAsync().AsTask());
            return;
        }

        CancellationTokenSource before = _stop;
        _stop = new CancellationTokenSource();
        before.Cancel();
        _run = core.Flows.WatchAsync(RunAsync(_run, channel, _stop.Token));
    }

    /// <summary>Ends the conversation, for good.</summary>
    public async Task CloseAsync()
    {
        _closed = true;
        _stop.Cancel();
        if (_channel is { } channel)
        {
            await channel.DisposeAsync();
        }

        await _run;
    }

    /// <summary>Tells site 1 what became of a prepared point, where it is there.</summary>
    public async Task TellSettledAsync(PointDecision decision, ulong settled)
    {
        if (_channel is { } channel && IsConnected)
        {
            await (decision.Choice == PointChoice.Committed ? TargetPoint.TellCommittedAsync(channel, decision.Committed) : TargetPoint.TellGivenUpAsync(channel, settled));
        }
    }

    /// <summary>Tells site 1 of a fault, where it is there.</summary>
    public async Task TellFaultAsync(SuspendReason reason, FaultText fault)
    {
        if (_channel is { } channel && IsConnected)
        {
            try
            {
                string detail = fault.Detail;
                ushort flags = fault.IsFull ? FlashcopyMessage.StorageIsFull : (ushort)0;
                byte[] text = System.Text.Encoding.UTF8.GetBytes(detail.Length > 1000 ? detail[..1000] : detail);
                await channel.SendAsync(new PeerMessage(FlashcopyMessage.TargetFault, flags, (uint)reason, 0, 0, 0, Guid.Empty), text, CancellationToken.None);
            }
            catch (LinkClosedException)
            {
                // It hears of the fault when it greets the next time.
            }
        }
    }

    private async Task RunAsync(Task before, IPeerChannel channel, CancellationToken cancellationToken)
    {
        await before;
        _channel = channel;
        string reason = "";
        try
        {
            while (true)
            {
                ReceivedMessage received = await channel.ReceiveAsync(cancellationToken);
                bool isTaken = false;
                try
                {
                    isTaken = await TakeAsync(channel, received);
                }
                finally
                {
                    if (!isTaken)
                    {
                        received.Dispose();
                    }
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or TimeoutException)
        {
            reason = exception is OperationCanceledException ? "This side ended the conversation." : exception.Message;
            if (exception is IOException own and not LinkClosedException)
            {
                // Not the link: the next conversation would end at the same place, and nobody would see why (P-7).
                Failed(SuspendReason.RemoteMetadataFailed, own);
            }
        }
        finally
        {
            if (IsConnected)
            {
                core.Events.Report(PairEventId.LinkDown, ("reason", reason));
            }

            IsConnected = false;
            Announced = null;
            _channel = null;
            await channel.DisposeAsync();
            await point.GiveUpAsync(0);
        }
    }

    // True where the message was handed on to somebody who disposes of it.
    private async Task<bool> TakeAsync(IPeerChannel channel, ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        if (message.Kind != FlashcopyMessage.SourceHello && !IsConnected)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 spoke before it greeted.");
        }

        switch (message.Kind)
        {
            case FlashcopyMessage.SourceHello:
                await GreetAsync(channel, received);
                return false;
            case FlashcopyMessage.BeginPoint when core.AwaitsComparison:
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 took a point before it compared what this side holds by hash; its software may be older.");
            case FlashcopyMessage.BeginPoint:
                Announced = message.Point;
                await point.BeginAsync(message.Point);
                return false;
            case FlashcopyMessage.GrainData or FlashcopyMessage.ZeroGrains:
                ThrowUnlessInside(message, received.Payload.Length);
                if (!point.Takes(message.Point))
                {
                    return false;
                }

                _ = core.Flows.WatchAsync(arrivals.TakeAsync(channel, received));
                return true;
            case FlashcopyMessage.Complete when PointTimes.TryDecode(received.Payload.Span, out PointTimes times):
                await point.CompleteAsync(channel, message, times.TakenAt, LeadOf(message, received.Payload.Span));
                return false;
            case FlashcopyMessage.Settle when PointTimes.TryDecode(received.Payload.Span, out PointTimes times):
                if (message.Point == point.Point)
                {
                    await point.SettleAsync(new PointDecision(
                        PointChoice.Committed, new CommittedPoint(message.Point, message.Subject, times.TakenAt, times.CommittedAt)));
                }

                return false;
            case FlashcopyMessage.NoPoint:
                Announced = 0;
                return false;
            case FlashcopyMessage.GiveUp:
                Announced = 0;
                await point.GiveUpAsync(message.Point);
                return false;
            case FlashcopyMessage.HashRequest:
                await HashAsync(channel, message);
                return false;
            case FlashcopyMessage.DifferencesTaken:
                await core.ChangeRecordAsync(static now => now with { OwesDifferences = false });
                return false;
            default:
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"Site 1 sent a message of unknown kind {message.Kind}.");
        }
    }

    private static Guid? LeadOf(PeerMessage message, ReadOnlySpan<byte> payload) =>
        (message.Flags & FlashcopyMessage.PrepareOnly) == 0 ? null
        : payload.Length == PointTimes.Bytes + 16 ? new Guid(payload[PointTimes.Bytes..])
        : throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 asked to prepare without naming the group's lead.");

    private async Task GreetAsync(IPeerChannel channel, ReceivedMessage received)
    {
        if (PeerGreeting.Decode(received.Payload.Span) is not { } peer)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1's greeting can't be read.");
        }

        comparison.Begin();
        PairRecord told = core.Record with { NeedsComparison = core.AwaitsComparison };
        PeerGreeting own = new(core.Maps.Geometry.LengthBytes, core.Maps.Geometry.GrainBytes, told);
        await channel.SendAsync(new PeerMessage(FlashcopyMessage.TargetHello, 0, 0, 0, 0, 0, point.Instance), own.Encode(), CancellationToken.None);
        if (core.Record.Generations.Compare(peer.Record.Generations) != GenerationRelation.Same)
        {
            return;
        }

        IsConnected = true;
        Announced = null;
        core.Events.Report(PairEventId.LinkUp, ("session", channel.SessionId));
        if (core.Record.OwesDifferences && differences is not null)
        {
            await SendRangesAsync(channel, FlashcopyMessage.Differences, differences);
            await channel.SendAsync(new PeerMessage(FlashcopyMessage.DifferencesEnd, 0, 0, 0, 0, 0, Guid.Empty), default, CancellationToken.None);
        }

        await SendRangesAsync(channel, FlashcopyMessage.LostGrains, core.Maps.Lost);
        await channel.SendAsync(new PeerMessage(FlashcopyMessage.LostEnd, 0, 0, 0, 0, 0, Guid.Empty), default, CancellationToken.None);
        if (point.State == TargetState.Faulted)
        {
            await TellFaultAsync(point.Fault, point.FaultDetail ?? "");
        }
    }

    private static async Task SendRangesAsync(IPeerChannel channel, ushort kind, GrainMap map)
    {
        for (long first = map.NextSet(0); first < map.GrainCount;)
        {
            long end = map.RunEnd(first);
            await channel.SendAsync(new PeerMessage(kind, 0, 0, 0, first, end - first, Guid.Empty), default, CancellationToken.None);
            first = map.NextSet(end);
        }
    }

    private async Task HashAsync(IPeerChannel channel, PeerMessage message)
    {
        GrainGeometry geometry = core.Maps.Geometry;
        if (message.FirstGrain < 0 || message.GrainCount is <= 0 or > TargetComparison.MaximumGrains || message.FirstGrain > geometry.GrainCount - message.GrainCount)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 asked for hashes outside the volume.");
        }

        GrainRange grains = new(message.FirstGrain, message.GrainCount);
        if (await comparison.HashAsync(grains) is { } hashes)
        {
            await channel.SendAsync(
                new PeerMessage(FlashcopyMessage.Hashes, 0, 0, 0, message.FirstGrain, message.GrainCount, Guid.Empty), hashes, CancellationToken.None);
            comparison.Sent(grains);
        }
    }

    private void ThrowUnlessInside(PeerMessage message, int payloadBytes)
    {
        GrainGeometry geometry = core.Maps.Geometry;
        bool isInside = message.FirstGrain >= 0 && message.GrainCount > 0 && message.GrainCount <= geometry.GrainCount
            && message.FirstGrain <= geometry.GrainCount - message.GrainCount;
        if (!isInside || payloadBytes != (message.Kind == FlashcopyMessage.GrainData ? geometry.LengthOf(message.FirstGrain, message.GrainCount) : 0))
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 sent grains outside the volume or of another size.");
        }
    }
}
