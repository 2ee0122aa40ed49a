using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.SyncCache.Hosts;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Engine.SyncCache.Primary;
using MirrorTools.Engine.SyncCache.Secondary;

namespace MirrorTools.Engine.SyncCache;

/// <content>What nodes do with each other when they meet, and where messages go.</content>
internal sealed partial class NodeRoles
{
    private readonly HashSet<NodeConversation> _leading = [];
    private readonly Dictionary<NodeConversation, (SyncGreeting Greeting, GrainMap Suspects)> _met = [];
    private NodeConversation? _following;

    private SyncGreeting Greet() => new(
        _core.Geometry.LengthBytes,
        _core.Geometry.GrainBytes,
        _core.Options.Hardening.RangeCount,
        _core.HasCache,
        _core.Instance,
        Secondary?.Stream ?? Guid.Empty,
        Secondary?.Received ?? 0,
        _core.Record);

    // With its cache: what is unhardened. Without: what may have been. And what the other one is known to lack, for a split brain's end.
    private GrainMap SuspectsFor(Guid node)
    {
        GrainMap suspects = new(_core.Geometry.GrainCount, initialValue: false);
        GrainMap.Or(suspects, _core.Cache.Unhardened);
        GrainMap.Or(suspects, _core.OwnSuspects);
        GrainMap.Or(suspects, _core.Missing.Of(_core.PlaceOf(node)));
        foreach (long grain in Secondary?.PendingGrains ?? [])
        {
            suspects.Set(grain);
        }

        return suspects;
    }

    private async Task OnMetAsync(NodeConversation conversation, IPeerChannel channel, SyncGreeting own, SyncGreeting other, GrainMap suspects)
    {
        if (_hasFailed && own.Record == _core.Record)
        {
            // Others may learn from what was said whom this node has asked to go on.
            return;
        }

        ThrowIfChanged(conversation, channel, own);

        if (other.LengthBytes != _core.Geometry.LengthBytes || other.GrainBytes != _core.Geometry.GrainBytes || other.RangeCount != _core.Options.Hardening.RangeCount
            || !other.Record.Nodes.SequenceEqual(_core.Record.Nodes))
        {
            _cause = "The nodes do not agree about the volume's size, its grains or ranges, or about who the nodes are.";
            return;
        }

        _met[conversation] = (other, suspects);
        MeetingOutcome outcome = Meeting.Decide(new MeetingView(_core.NodeId, own.Record, own.HasCache), new MeetingView(conversation.Node, other.Record, other.HasCache));
        _core.Parts.Transitions?.Invoke("Meeting", own.Record.Role.ToString(), other.Record.Role.ToString(), outcome.ToString());
        _ = outcome == MeetingOutcome.SplitBrain || _split.Remove(conversation.Node);
        switch (outcome)
        {
            case MeetingOutcome.Lead or MeetingOutcome.LeadAndUpdate:
                Lead(conversation, channel);
                break;
            case MeetingOutcome.Follow:
                await FollowAsync(conversation, channel, own, other, suspects);
                break;
            case MeetingOutcome.FollowAfterUpdate:
                await FollowAfterUpdateAsync(conversation, channel, own, other, suspects);
                break;
            case MeetingOutcome.Yield:
                await YieldAsync(conversation.Node);
                break;
            case MeetingOutcome.TakeOver:
                await TakeOverAsync("Asked", other.Record.Generations);
                break;
            case MeetingOutcome.SettleSuspects:
                await SettleSuspectsAsync(conversation.Node, suspects);
                break;
            case MeetingOutcome.SplitBrain:
                OnSplitBrain(conversation.Node, other);
                break;
        }
    }

    // What this node said does not hold any more: it is to be said anew.
    private void ThrowIfChanged(NodeConversation conversation, IPeerChannel channel, SyncGreeting own)
    {
        if (_roleChanges > 0 || conversation.Channel != channel || own.Instance != _core.Instance || own.Record != _core.Record || own.HasCache != _core.HasCache)
        {
            throw new LinkClosedException(LinkCloseReason.LocalClosed, "This node has changed since it said what it is.");
        }
    }

    private void Lead(NodeConversation conversation, IPeerChannel channel)
    {
        if (Primary is null)
        {
            // It lost its cache while it was alone, or with one that was never admitted: all that it acknowledged is on its disk, and may not have got to the others.
            foreach (Guid node in _conversations.Keys)
            {
                _core.Missing.Add(_core.PlaceOf(node), _core.OwnSuspects);
            }

            OnSuspectsSettled();
            BecomePrimary(PrimaryStart.Opened);
        }

        _leading.Add(conversation);
        StreamTo(conversation.Node).Attach(channel);
    }

    private async Task FollowAsync(NodeConversation conversation, IPeerChannel channel, SyncGreeting own, SyncGreeting primary, GrainMap suspects)
    {
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        ThrowIfChanged(conversation, channel, own);
        if (_core.Record.Generations.Current.Id != primary.Record.Generations.Current.Id)
        {
            await _core.Records.ChangeAsync(now => now.Following(primary.Record));
            OnMembersChanged();
        }

        SecondaryNode secondary = Secondary!;
        Guid before = secondary.Stream;
        Begin(conversation, channel, primary);
        if (before != primary.Instance)
        {
            secondary.Records.Seed(suspects);
        }

        secondary.Post(new PeerMessage(SyncMessage.Ready, 0, 0, secondary.Received, 0, 0, before));
    }

    private async Task FollowAfterUpdateAsync(NodeConversation conversation, IPeerChannel channel, SyncGreeting own, SyncGreeting primary, GrainMap suspects)
    {
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        ThrowIfChanged(conversation, channel, own);
        // What is forgotten here is what this node has just said; until that is recorded it says it again.
        GrainMap.Or(_core.OwnSuspects, SuspectsFor(conversation.Node));
        (_core.HasCache, _core.SuspectsAreOpen) = (false, true);
        if (_core.Record.Role == SyncRole.Primary || _core.Record.IsComplete)
        {
            await LeavePrimaryIfAnyAsync();
            await _core.Records.ChangeAsync(static now => now.Returning());
            _core.Events.Report(PairEventId.NodeReturned, ("primary", conversation.Node));
        }

        if (Secondary is null)
        {
            BecomeSecondary();
        }

        await Secondary!.DropAsync();
        Begin(conversation, channel, primary);
        Secondary!.Records.Seed(suspects);
        _cause = "The node gets what it lacks.";
        Secondary!.Post(new PeerMessage(SyncMessage.Ready, 0, 1, 0, 0, 0, Guid.Empty));
    }

    private void Begin(NodeConversation conversation, IPeerChannel channel, SyncGreeting primary)
    {
        _following = conversation;
        Secondary!.Follow(channel, primary.Instance);
        if (_core.Record.IsComplete)
        {
            _cause = null;
            _volume.Open(new SecondaryPath(_core, Secondary));
        }
    }

    private async Task LeavePrimaryIfAnyAsync()
    {
        if (Primary is not null)
        {
            await LeavePrimaryAsync("Another node went on as the primary.");
        }
    }

    // All nodes that took part have lost their caches: this one's disk decides, and the others get what may differ from it (S-11).
    private async Task SettleSuspectsAsync(Guid node, GrainMap suspects)
    {
        _lostPeers[node] = suspects;
        SyncRecord record = _core.Record;
        if (!record.Members.All(member => member == _core.NodeId || _lostPeers.ContainsKey(member)))
        {
            return;
        }

        foreach ((Guid lost, GrainMap grains) in _lostPeers)
        {
            _core.Missing.Add(_core.PlaceOf(lost), grains);
        }

        await TakeOverAsync("AllLost", null);
    }

    private void OnSplitBrain(Guid node, SyncGreeting other)
    {
        if (_split.Add(node))
        {
            _core.Events.Report(PairEventId.SplitBrain, ("local", _core.Record.Generations.Current.Id), ("remote", other.Record.Generations.Current.Id));
        }
    }

    private async Task OnEndedAsync(NodeConversation conversation, IPeerChannel channel, Exception? cause)
    {
        _met.Remove(conversation);
        if (_leading.Remove(conversation) && Primary is { } primary)
        {
            _core.Events.Report(PairEventId.LinkDown, ("reason", cause?.Message ?? ""));
            await primary.OnSessionEndedAsync(StreamTo(conversation.Node));
        }

        if (_following == conversation)
        {
            _following = null;
            if (Secondary is { } secondary)
            {
                secondary.Detach();
                _core.Events.Report(PairEventId.LinkDown, ("reason", cause?.Message ?? ""));
                Refuse("This node is a secondary, and its primary can't be reached. It takes over only when Invoke-MirrorRecovery -Force says so.");
            }
        }
    }

    private PeerStream StreamTo(Guid node) => Primary!.Streams.First(stream => stream.Node == node);

    private Task OnReceivedAsync(NodeConversation conversation, ReceivedMessage received)
    {
        if (_leading.Contains(conversation) && Primary is { } primary)
        {
            return OnReceivedAsPrimaryAsync(primary, conversation, received.Message);
        }

        return _following == conversation && Secondary is { } secondary ? OnReceivedAsSecondaryAsync(secondary, received) : Task.CompletedTask;
    }

    private Task OnReceivedAsPrimaryAsync(PrimaryNode primary, NodeConversation conversation, PeerMessage message)
    {
        PeerStream stream = StreamTo(conversation.Node);
        if (stream.Records.TryTake(message))
        {
            return Task.CompletedTask;
        }

        switch (message.Kind)
        {
            case SyncMessage.Ready:
                return OnReadyAsync(primary, stream, conversation, message);
            case SyncMessage.Received:
                stream.OnReceived(message.Point, message.Status / 1000.0, message.FirstGrain);
                break;
            case SyncMessage.AskSettled:
                stream.Post(new PeerMessage(SyncMessage.Settled, 0, 0, 0, 0, 0, SettledNumber.Write(primary.Settled)));
                break;
            case SyncMessage.AskLease:
                stream.OnAskLease(message.Point);
                break;
            case SyncMessage.Hardened or SyncMessage.GenerationTaken:
                stream.Asks.OnAnswered(message.Point);
                break;
            case SyncMessage.Leaving or SyncMessage.DiskFailed:
                stream.EndLease();
                conversation.Restart();
                break;
            default:
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"A secondary sent a message of kind {message.Kind}.");
        }

        return Task.CompletedTask;
    }

    private async Task OnReadyAsync(PrimaryNode primary, PeerStream stream, NodeConversation conversation, PeerMessage ready)
    {
        (SyncGreeting other, GrainMap suspects) = _met[conversation];
        _core.Events.Report(PairEventId.LinkUp, ("session", conversation.Channel!.SessionId));
        if (ready.Status == 0)
        {
            if (stream.Mode != PeerMode.Lost || stream.IsBeingLeftOut)
            {
                throw new LinkClosedException(LinkCloseReason.LocalClosed, "The node was left out meanwhile.");
            }

            bool isSameStream = ready.Subject == _core.Instance;
            if (!isSameStream)
            {
                stream.Records.MarkOwn(_core.Cache.Unhardened);
                stream.Records.Seed(suspects);
            }

            stream.Records.OnSessionStarted();
            primary.Membership.TellLacks(stream);
            stream.BeginWrites(isSameStream ? Math.Max(ready.Point, primary.Settled) : primary.Settled, PeerMode.Mirroring, "Ready");
            return;
        }

        // It begins anew with what this node has said of itself.
        stream.Records.MarkOwn(_core.Cache.Unhardened);
        stream.Records.OnSessionStarted();
        bool wasMember = _core.Record.Members.Contains(stream.Node);
        if (wasMember)
        {
            if (!other.HasCache)
            {
                // It was restarted: nobody reads there.
                stream.EndLease();
            }

            _ = _core.Flows.WatchAsync(LeaveOutAndUpdateAsync(primary, stream, conversation, suspects));
            return;
        }

        _ = _core.Flows.WatchAsync(UpdateAsync(primary, stream, conversation, Untold(conversation.Node, other) ? suspects : null));
    }

    // What it lacks is recorded where it was left out; it says so itself where nobody could know, or where it was writable meanwhile.
    private bool Untold(Guid node, SyncGreeting other) =>
        _core.Record.Untold.Contains(node) || other.Record.Untold.Contains(node) || _core.Record.Generations.Compare(other.Record.Generations) != GenerationRelation.Newer;

    private async Task LeaveOutAndUpdateAsync(PrimaryNode primary, PeerStream stream, NodeConversation conversation, GrainMap suspects)
    {
        IPeerChannel? channel = conversation.Channel;
        await primary.LeaveOutAsync(stream);
        if (stream.Mode == PeerMode.Absent && conversation.Channel == channel)
        {
            await UpdateAsync(primary, stream, conversation, Untold(stream.Node, _met[conversation].Greeting) ? suspects : null);
        }
    }

    private async Task UpdateAsync(PrimaryNode primary, PeerStream stream, NodeConversation conversation, GrainMap? suspects)
    {
        IPeerChannel? channel = conversation.Channel;
        try
        {
            await primary.Membership.RecordMissingAsync(stream, suspects);
            if (channel is null || conversation.Channel != channel || Primary != primary)
            {
                return;
            }

            stream.Post(new PeerMessage(SyncMessage.Recorded, 0, 0, 0, 0, 0, Guid.Empty));
            await primary.UpdateAsync(stream, _stop.Token);
        }
        catch (TimeoutException)
        {
            // A write is in the way for too long; the next session tries again.
            conversation.Restart();
        }
        catch (IOException exception)
        {
            Fail(exception);
        }
    }

    private async Task OnReceivedAsSecondaryAsync(SecondaryNode secondary, ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        if (secondary.Records.TryTake(message))
        {
            return;
        }

        switch (message.Kind)
        {
            case SyncMessage.Write or SyncMessage.Zeroes:
                await secondary.TakeWriteAsync(received);
                break;
            case SyncMessage.Warm:
                _ = _core.Flows.WatchAsync(GuardAsync(secondary.WarmAsync(message)));
                break;
            case SyncMessage.Settled:
                secondary.OnSettled(SettledNumber.Read(message.Subject));
                break;
            case SyncMessage.Lease:
                secondary.Lease.OnGranted(message.Point, message.Status);
                break;
            case SyncMessage.AskHarden:
                _ = _core.Flows.WatchAsync(GuardAsync(secondary.HardenAsync(message)));
                break;
            case SyncMessage.Recorded:
                _core.SuspectsAreOpen = false;
                break;
            case SyncMessage.Lacks:
                await secondary.TakeLacksAsync(received);
                break;
            case SyncMessage.Generation:
                await TakeGenerationAsync(secondary, received);
                break;
            case SyncMessage.Leaving:
                secondary.OnSettled(SettledNumber.Read(message.Subject));
                secondary.Lease.End();
                break;
            default:
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"A primary sent a message of kind {message.Kind}.");
        }
    }

    private async Task TakeGenerationAsync(SecondaryNode secondary, ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        if (!SyncRecordCodec.TryDecode(received.Payload.Span, out SyncRecord? primary) || (message.Status == 0 && !_core.Record.IsComplete))
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "A generation came that this node can't take.");
        }

        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        if (Secondary != secondary || !secondary.IsFollowing || _roleChanges > 0)
        {
            return;
        }

        await _core.Records.ChangeAsync(now => now.Following(primary!));
        OnMembersChanged();
        OnSuspectsSettled();
        _cause = null;
        if (Secondary == secondary && secondary.IsFollowing)
        {
            _volume.Open(new SecondaryPath(_core, secondary));
            secondary.Post(new PeerMessage(SyncMessage.GenerationTaken, 0, 0, message.Point, 0, 0, Guid.Empty));
        }
    }

    // Who takes part lacks nothing but what the records of its stream say.
    private void OnMembersChanged()
    {
        foreach (Guid member in _core.Record.Members.Where(member => member != _core.NodeId))
        {
            _core.Missing.Clear(_core.PlaceOf(member));
        }
    }

    private async Task GuardAsync(Task flow)
    {
        try
        {
            await flow;
        }
        catch (OperationCanceledException)
        {
            // The node ends.
        }
        catch (IOException exception)
        {
            Fail(exception);
        }
    }
}
