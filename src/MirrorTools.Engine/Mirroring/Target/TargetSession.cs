using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>Site 2's side of the link: one conversation at a time (F-20, F-21, F-23).</summary>
internal sealed class TargetSession
{
    // The most grains of one request for hashes.
    private const int MaximumHashedGrains = 4096;

    private readonly TargetCore _core;
    private readonly TargetPoint _point;
    private readonly ITargetService _service;
    private readonly GrainMap? _differences;
    private readonly PairConversations _conversations;
    private long _silentSince;

    public TargetSession(TargetCore core, TargetPoint point, GrainMap? differences)
    {
        _core = core;
        _point = point;
        _service = core.Service;
        _differences = differences;
        _silentSince = core.Time.GetTimestamp();
        _conversations = new PairConversations(core.Flows, ConverseAsync) { Ended = () => point.GiveUpAsync(0) };
    }

    /// <summary>Told of a storage of this side that failed.</summary>
    public required Action<SuspendReason, Exception> Failed { get; init; }

    /// <summary>True once site 1 has greeted over the present channel.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>The point that site 1 says is under way, 0 for none; null where it has not said so since it connected.</summary>
    public ulong? Announced
    {
        get;
        private set
        {
            _silentSince = value is null && field is not null ? _core.Time.GetTimestamp() : _silentSince;
            field = value;
        }
    }

    /// <summary>True where site 1 has not said which point is under way for so long that a point which waits for it is given up (P-7, A-14).</summary>
    public bool IsSilent => Announced is null && _core.Time.GetElapsedTime(_silentSince) >= _core.Parts.Options.DecisionDeadline;

    /// <summary>Begins a conversation over a new session.</summary>
    public void Attach(IPeerChannel channel) => _conversations.Attach(channel);

    /// <summary>Ends the conversation, for good.</summary>
    public Task CloseAsync() => _conversations.CloseAsync();

    /// <summary>Tells site 1 what became of a prepared point, where it is there.</summary>
    public async Task TellSettledAsync(PointDecision decision, ulong settled)
    {
        if (_conversations.Channel is { } channel && IsConnected)
        {
            await (decision.Choice == PointChoice.Committed ? PointAnswers.TellCommittedAsync(channel, decision.Committed) : PointAnswers.TellGivenUpAsync(channel, settled));
        }
    }

    /// <summary>Tells site 1 of a fault, where it is there.</summary>
    public async Task TellFaultAsync(SuspendReason reason, FaultText fault)
    {
        if (_conversations.Channel is { } channel && IsConnected)
        {
            try
            {
                string detail = fault.Detail;
                ushort flags = fault.IsFull ? MirrorMessage.StorageIsFull : (ushort)0;
                byte[] text = System.Text.Encoding.UTF8.GetBytes(detail.Length > 1000 ? detail[..1000] : detail);
                await channel.SendAsync(new PeerMessage(MirrorMessage.TargetFault, flags, (uint)reason, 0, 0, 0, Guid.Empty), text, CancellationToken.None);
            }
            catch (LinkClosedException)
            {
                // It hears of the fault when it greets the next time.
            }
        }
    }

    private async Task ConverseAsync(IPeerChannel channel, CancellationToken cancellationToken)
    {
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
                _core.Events.Report(PairEventId.LinkDown, ("reason", reason));
            }

            IsConnected = false;
            Announced = null;
        }
    }

    // True where the message was handed on to somebody who disposes of it.
    private async Task<bool> TakeAsync(IPeerChannel channel, ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        if (message.Kind != MirrorMessage.SourceHello && !IsConnected)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 spoke before it greeted.");
        }

        switch (message.Kind)
        {
            case MirrorMessage.SourceHello:
                await GreetAsync(channel, received);
                return false;
            case MirrorMessage.BeginPoint when _core.AwaitsComparison:
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 took a point before it compared what this side holds by hash; its software may be older.");
            case MirrorMessage.BeginPoint:
                Announced = message.Point;
                await _point.BeginAsync(message.Point);
                if (_point.IsGivenUp(message.Point))
                {
                    // Nothing of it is taken any more, so that site 1 would copy it for ever (P-7).
                    await PointAnswers.TellGivenUpAsync(channel, message.Point);
                }

                return false;
            case MirrorMessage.GrainData or MirrorMessage.ZeroGrains or MirrorMessage.GrainPart:
                ThrowUnlessInside(message, received.Payload.Length);
                if (!_point.Takes(message.Point))
                {
                    return false;
                }

                _ = _core.Flows.WatchAsync(_service.TakeAsync(channel, received));
                return true;
            case MirrorMessage.Complete when PointTimes.TryDecode(received.Payload.Span, out PointTimes times):
                await _point.CompleteAsync(channel, message, times.TakenAt, LeadOf(message, received.Payload.Span));
                return false;
            case MirrorMessage.Settle when PointTimes.TryDecode(received.Payload.Span, out PointTimes times):
                if (message.Point == _point.Point)
                {
                    await _point.SettleAsync(new PointDecision(
                        PointChoice.Committed, new CommittedPoint(message.Point, message.Subject, times.TakenAt, times.CommittedAt)));
                }

                return false;
            case MirrorMessage.NoPoint:
                Announced = 0;
                return false;
            case MirrorMessage.GiveUp:
                Announced = 0;
                await _point.GiveUpAsync(message.Point);
                return false;
            case MirrorMessage.HashRequest:
                await HashAsync(channel, message);
                return false;
            case MirrorMessage.DifferencesTaken:
                await _core.ChangeRecordAsync(static now => now with { OwesDifferences = false });
                return false;
            default:
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"Site 1 sent a message of unknown kind {message.Kind}.");
        }
    }

    private static Guid? LeadOf(PeerMessage message, ReadOnlySpan<byte> payload) =>
        (message.Flags & MirrorMessage.PrepareOnly) == 0 ? null
        : payload.Length == PointTimes.Bytes + 16 ? new Guid(payload[PointTimes.Bytes..])
        : throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 asked to prepare without naming the group's lead.");

    private async Task GreetAsync(IPeerChannel channel, ReceivedMessage received)
    {
        if (PeerGreeting.Decode(received.Payload.Span) is not { } peer)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1's greeting can't be read.");
        }

        _service.OnConversation();
        PairRecord told = _core.Record with { NeedsComparison = _core.AwaitsComparison };
        PeerGreeting own = new(_core.Geometry.LengthBytes, _core.Geometry.GrainBytes, told, _core.Kind);
        await channel.SendAsync(new PeerMessage(MirrorMessage.TargetHello, 0, 0, 0, 0, 0, _point.Instance), own.Encode(), CancellationToken.None);
        if (_core.Record.Generations.Compare(peer.Record.Generations) != GenerationRelation.Same || (peer.Service ?? _core.Kind) != _core.Kind)
        {
            return;
        }

        IsConnected = true;
        Announced = null;
        _core.Events.Report(PairEventId.LinkUp, ("session", channel.SessionId));
        if (_core.Record.OwesDifferences && _differences is not null)
        {
            await SendRangesAsync(channel, MirrorMessage.Differences, _differences);
            await channel.SendAsync(new PeerMessage(MirrorMessage.DifferencesEnd, 0, 0, 0, 0, 0, Guid.Empty), default, CancellationToken.None);
        }

        if (_service.Lost is { } lost)
        {
            await SendRangesAsync(channel, MirrorMessage.LostGrains, lost);
        }

        await channel.SendAsync(new PeerMessage(MirrorMessage.LostEnd, 0, 0, 0, 0, 0, Guid.Empty), default, CancellationToken.None);
        if (_point.State == TargetState.Faulted)
        {
            await TellFaultAsync(_point.Fault, _point.FaultDetail ?? "");
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
        GrainGeometry geometry = _core.Geometry;
        if (message.FirstGrain < 0 || message.GrainCount is <= 0 or > MaximumHashedGrains || message.FirstGrain > geometry.GrainCount - message.GrainCount)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 asked for hashes outside the volume.");
        }

        GrainRange grains = new(message.FirstGrain, message.GrainCount);
        if (await _service.HashAsync(grains) is { } hashes)
        {
            await channel.SendAsync(
                new PeerMessage(MirrorMessage.Hashes, 0, 0, 0, message.FirstGrain, message.GrainCount, Guid.Empty), hashes, CancellationToken.None);
            _service.HashesSent(grains);
        }
    }

    private void ThrowUnlessInside(PeerMessage message, int payloadBytes)
    {
        GrainGeometry geometry = _core.Geometry;
        bool isInside = message.FirstGrain >= 0 && message.GrainCount > 0 && message.GrainCount <= geometry.GrainCount
            && message.FirstGrain <= geometry.GrainCount - message.GrainCount;
        bool isOfLength = message.Kind switch
        {
            MirrorMessage.GrainData => isInside && payloadBytes == geometry.LengthOf(message.FirstGrain, message.GrainCount),
            MirrorMessage.ZeroGrains => payloadBytes == 0,
            _ => isInside && _service.TakesParts && message.GrainCount == 1 && payloadBytes > 0 && ((message.Status | (uint)payloadBytes) & (BlockGeometry.SectorBytes - 1)) == 0
                && message.Status + (long)payloadBytes <= geometry.LengthOf(message.FirstGrain, 1),
        };
        if (!isInside || !isOfLength)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 sent grains outside the volume or of another size.");
        }
    }
}
