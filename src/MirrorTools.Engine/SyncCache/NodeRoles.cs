using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.SyncCache.Hosts;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Engine.SyncCache.Primary;
using MirrorTools.Engine.SyncCache.Secondary;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache;

/// <summary>The part that a node has, and how it changes: by what it and the others say when they meet, or by an admin's word. On the pair's scheduler.</summary>
internal sealed partial class NodeRoles
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly SyncCore _core;
    private readonly SyncVolume _volume;
    private readonly Dictionary<Guid, NodeConversation> _conversations = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<Guid, GrainMap> _lostPeers = [];
    private readonly SerialGate _turns = new();
    private Task _ticking = Task.CompletedTask;
    private string? _cause;
    private readonly HashSet<Guid> _split = [];
    private bool _hasFailed;
    private int _roleChanges;

    public NodeRoles(SyncCore core, SyncVolume volume)
    {
        (_core, _volume) = (core, volume);
        foreach (Guid node in core.Record.Nodes.Where(node => node != core.NodeId))
        {
            _conversations[node] = new NodeConversation(core, node)
            {
                Greet = Greet,
                Suspects = () => SuspectsFor(node),
                Met = OnMetAsync,
                Received = OnReceivedAsync,
                Ended = OnEndedAsync,
            };
        }
    }

    /// <summary>This node as the primary; null where it is none, or waits to be.</summary>
    public PrimaryNode? Primary { get; private set; }

    /// <summary>This node as a secondary; null where it is none.</summary>
    public SecondaryNode? Secondary { get; private set; }

    /// <summary>The sessions with another node.</summary>
    public NodeConversation ConversationWith(Guid node) => _conversations[node];

    /// <summary>Begins with what the record says.</summary>
    public void Start()
    {
        if (_core.Record.Role == SyncRole.Secondary)
        {
            BecomeSecondary();
        }
        else if (_core.HasCache)
        {
            BecomePrimary(PrimaryStart.Opened);
        }
        else
        {
            Refuse("This node lost what was in its cache, and the others have it. It goes on when one of them can be reached; where none ever will, Invoke-MirrorRecovery -Force goes on without.");
        }

        _ticking = _core.Flows.WatchAsync(TickAsync());
    }

    /// <summary>A grain is hardened.</summary>
    public void OnGrainHardened(long grain)
    {
        Primary?.OnGrainHardened(grain);
        Secondary?.Records.OnGrainHardened(grain);
    }

    /// <summary>The cache has become fuller or emptier (S-15).</summary>
    public void OnFillChanged()
    {
        if (Primary is not null)
        {
            _core.Throttle.Report(_core.PlaceOf(_core.NodeId), _core.Cache.Pressure, _core.Cache.HardenedBytes);
        }

        Secondary?.OnFillChanged();
    }

    /// <summary>What this node can't go on after: its disk or its metadata failed, or an invariant broke (P-2).</summary>
    public void Fail(Exception exception) => _core.Control.Post(() =>
    {
        if (!_hasFailed && !_stop.IsCancellationRequested)
        {
            _hasFailed = true;
            _cause = exception.Message;
            _core.Events.Report(exception is IOException ? PairEventId.NodeFailed : PairEventId.InvariantBroken, ("detail", exception.Message));
            _ = _core.Flows.WatchAsync(StepDownAsync(exception));
        }
    });

    /// <summary>Goes on as the primary on an admin's word.</summary>
    public async Task RecoverAsync(bool force)
    {
        if (Primary is not null)
        {
            throw new PairException(PairError.AlreadyRecovered, "This node is the primary already.");
        }

        if (_hasFailed)
        {
            throw new PairException(PairError.NodeIncomplete, $"This node's storage failed: {_cause}. Restart the agent once that is mended.");
        }

        if (!force)
        {
            throw new PairException(PairError.RecoveryNeedsForce,
                "Whether another node still serves hosts can't be known here. Where none does, Invoke-MirrorRecovery -Force goes on with this one.");
        }

        await TakeOverAsync("Recovered", null);
    }

    /// <summary>Has another node go on (planned).</summary>
    public async Task SwitchAsync(Guid successor)
    {
        if (Primary is not { } primary || primary.Streams.FirstOrDefault(stream => stream.Node == successor) is not { Mode: PeerMode.Mirroring })
        {
            throw new PairException(PairError.NodeNotMirroring, "Only a primary hands over, and to a node that takes part at present. Get-MirrorPair shows them.");
        }

        await _core.Cache.FlushAsync(_stop.Token);
        await _core.Gate.CloseAsync(_core.Options.GateDeadline);
        try
        {
            await YieldAsync(successor);
        }
        finally
        {
            _core.Gate.Open();
        }
    }

    /// <summary>Gives up what was written here since the nodes parted.</summary>
    public Task DiscardAsync(GenerationHistory history) => ChangeRoleAsync(async () =>
    {
        await LeavePrimaryAsync("This node's writes since the nodes parted were given up.");
        await _core.Records.ChangeAsync(now => now.Returning() with { Generations = CommonPart(now.Generations, history), Untold = [_core.NodeId], Members = [.. now.Members.Where(member => member != _core.NodeId).DefaultIfEmpty(history.Current.WritableAgent)] });
        _split.Clear();
        BecomeSecondary();
    });

    // What both went through: should this node go on by an admin's word before it was updated, that is no successor of what the other one wrote alone (P-6).
    private static GenerationHistory CommonPart(GenerationHistory own, GenerationHistory other)
    {
        int common = 0;
        for (int index = 0; index < other.Items.Count; index++)
        {
            common = own.Items.Any(item => item.Id == other.Items[index].Id) ? index + 1 : common;
        }

        return new GenerationHistory([.. other.Items.Take(Math.Max(1, common))]);
    }

    /// <summary>Ends the part this node has.</summary>
    /// <returns>True where nothing that it acknowledged is in its memory alone.</returns>
    public async Task<bool> CloseAsync()
    {
        bool isClean = !_hasFailed && _core.HasCache && await TryCloseCleanlyAsync();
        _stop.Cancel();
        _volume.Close("The node is closed.");
        foreach (NodeConversation conversation in _conversations.Values)
        {
            await conversation.CloseAsync();
        }

        await StopRoleAsync("The node is closed.");
        await _ticking;
        return isClean;
    }

    private async Task<bool> TryCloseCleanlyAsync()
    {
        try
        {
            if (Primary is { } primary)
            {
                await _core.Gate.CloseAsync(_core.Options.GateDeadline);
                bool isSettled = primary.Streams.All(static stream => stream.Mode != PeerMode.Lost);
                await _core.Cache.FlushAsync(CancellationToken.None);
                foreach (PeerStream stream in primary.Streams)
                {
                    stream.Post(new PeerMessage(SyncMessage.Leaving, 0, 0, 0, 0, 0, SettledNumber.Write(primary.Settled)));
                }

                return isSettled;
            }

            if (Secondary is { } secondary && _core.Record.IsComplete)
            {
                await secondary.WhenSettledAsync(_core.Options.GateDeadline);
                await _core.Cache.FlushAsync(CancellationToken.None);
                secondary.Post(new PeerMessage(SyncMessage.Leaving, 0, 0, 0, 0, 0, Guid.Empty));
                return secondary.UnsettledCount == 0;
            }

            return !_core.SuspectsAreOpen;
        }
        catch (Exception exception) when (exception is TimeoutException or IOException)
        {
            return false;
        }
    }

    // After a fault of its own storage: whoever takes part has everything, and goes on where it can be asked.
    private async Task StepDownAsync(Exception exception)
    {
        Guid successor = Primary?.Streams.FirstOrDefault(static stream => stream.Mode == PeerMode.Mirroring)?.Node ?? Guid.Empty;
        try
        {
            if (Primary is not null && successor != Guid.Empty)
            {
                await YieldAsync(successor);
                return;
            }
        }
        catch (IOException)
        {
            // The metadata failed too: an admin has another node go on.
        }

        await StopRoleAsync(exception.Message);
    }

    private Task YieldAsync(Guid successor) => ChangeRoleAsync(async () =>
    {
        if (_core.Record.Role != SyncRole.Primary)
        {
            return;
        }

        _volume.Close("Another node goes on as the primary.");
        if (Primary is { } primary)
        {
            await primary.Membership.EndAsync();
        }

        if (!_core.Record.Members.Contains(successor))
        {
            // It was left out while this node prepared to hand over: it lacks something.
            await StopRoleAsync("The node goes on as the primary.");
            if (!_hasFailed)
            {
                BecomePrimary(PrimaryStart.Opened);
            }

            return;
        }

        // Durably first: from here on this node serves nobody by itself, whatever becomes of it.
        await _core.Records.ChangeAsync(now => now.Yielding(successor));
        await StopRoleAsync("Another node goes on as the primary.");
        _core.Events.Report(PairEventId.RoleYielded, ("to", successor));
        if (!_hasFailed)
        {
            BecomeSecondary();
        }
    });

    // Nodes that meet meanwhile part again, and say afterwards what holds then.
    private async Task ChangeRoleAsync(Func<Task> change)
    {
        _roleChanges++;
        try
        {
            using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
            await change();
        }
        finally
        {
            _roleChanges--;
            RestartAll();
        }
    }

    private Task TakeOverAsync(string why, GenerationHistory? history) => ChangeRoleAsync(async () =>
    {
        if (Primary is not null || _hasFailed)
        {
            return;
        }

        GrainMap? primaryLacks = null;
        GrainMap unsettled = new(_core.Geometry.GrainCount, initialValue: false);
        Guid former = _core.Record.Generations.Current.WritableAgent;
        bool hasFollowed = false;
        if (Secondary is { } secondary)
        {
            hasFollowed = secondary.Stream != Guid.Empty;
            foreach (long grain in secondary.PendingGrains)
            {
                unsettled.Set(grain);
            }

            primaryLacks = await ReleaseSecondaryAsync(secondary);
        }

        foreach (Guid node in _core.Record.Nodes.Where(node => node != _core.NodeId))
        {
            int place = _core.PlaceOf(node);
            if (node == former && primaryLacks is not null)
            {
                _core.Missing.Add(place, primaryLacks);
            }

            // What this node may have lost is for the others to be compared with: they get it as it is here (S-11).
            _core.Missing.Add(place, _core.OwnSuspects);
            _core.Missing.Add(place, unsettled);
        }

        // What is known of the former primary is in this node's record of it; of the others only they can tell, unless they have.
        bool knowsFormer = primaryLacks is not null && _core.HasCache && hasFollowed;
        SyncRecord record = _core.Record;
        bool IsKnown(Guid node) => _lostPeers.ContainsKey(node)
            || (node == former ? knowsFormer : record.IsComplete && !record.Members.Contains(node) && !record.Untold.Contains(node));
        IReadOnlyList<Guid> untold = [.. record.Nodes.Where(node => node != _core.NodeId && !IsKnown(node))];

        long suspects = _core.HasCache ? 0 : _core.OwnSuspects.CountSet();
        await _core.Journal.PersistMarksAsync();
        await _core.Records.ChangeAsync(now =>
            (now with { Generations = history ?? now.Generations }).In(_core.NewGeneration(), _core.NodeId, [_core.NodeId]) with { IsComplete = true, Untold = untold });
        OnSuspectsSettled();
        _core.Events.Report(PairEventId.RoleTaken, ("why", why), ("suspectGrains", suspects));
        _lostPeers.Clear();
        BecomePrimary(PrimaryStart.Alone);
    });

    private async Task<GrainMap> ReleaseSecondaryAsync(SecondaryNode secondary)
    {
        _volume.Close("This node is taking over.");
        secondary.Detach();
        await secondary.SettleAllAsync();
        GrainMap lacks = secondary.Records.Union();
        await secondary.StopAsync();
        Secondary = null;
        return lacks;
    }

    private void OnSuspectsSettled()
    {
        _core.HasCache = true;
        _core.SuspectsAreOpen = false;
        _core.OwnSuspects.Reset(false);
    }

    private void BecomePrimary(PrimaryStart start)
    {
        _cause = null;
        Primary = new PrimaryNode(_core, Fail);
        Primary.Start();
        if (start == PrimaryStart.Opened && Primary.Streams.Any(static stream => stream.Mode == PeerMode.Lost))
        {
            Refuse("The node waits for the others.");
            _ = _core.Flows.WatchAsync(OpenAfterJoiningAsync(Primary));
        }
        else
        {
            _volume.Open(new PrimaryPath(_core, Primary));
        }
    }

    // The nodes that take part say whether they still do; one that is not heard by the deadline is left out.
    private async Task OpenAfterJoiningAsync(PrimaryNode primary)
    {
        TimeSpan deadline = _core.Options.JoinDeadline > _core.Options.Lease ? _core.Options.JoinDeadline : _core.Options.Lease;
        long since = _core.Time.GetTimestamp();
        while (Primary == primary && primary.Streams.Any(static stream => stream.Mode == PeerMode.Lost) && _core.Time.GetElapsedTime(since) < deadline)
        {
            await PauseAsync();
        }

        foreach (PeerStream stream in primary.Streams.Where(stream => Primary == primary && stream.Mode == PeerMode.Lost))
        {
            await primary.LeaveOutAsync(stream);
        }

        if (Primary == primary && !_hasFailed)
        {
            _volume.Open(new PrimaryPath(_core, primary));
        }
    }

    private void BecomeSecondary()
    {
        Secondary = new SecondaryNode(_core, Fail);
        Secondary.Start();
        Refuse("This node is a secondary without a primary.");
    }

    private async Task LeavePrimaryAsync(string why)
    {
        _volume.Close(why);
        await StopRoleAsync(why);
    }

    private async Task StopRoleAsync(string why)
    {
        _volume.Close(why);

        // What is being sent out of hosts' memory ends with its channel.
        RestartAll();
        if (Primary is { } primary)
        {
            Primary = null;
            _core.Instance = _core.Parts.NewId();
            await primary.StopAsync(new BlockDeviceException(BlockDeviceFault.Unreachable, why));
        }

        if (Secondary is { } secondary)
        {
            Secondary = null;
            await secondary.StopAsync();
        }
    }

    private void Refuse(string cause)
    {
        _cause = cause;
        _volume.Close(cause);
    }

    private void RestartAll()
    {
        foreach (NodeConversation conversation in _conversations.Values)
        {
            conversation.Restart();
        }
    }

    private async Task TickAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await PauseAsync();
            if (Primary is { } primary)
            {
                foreach (PeerStream stream in primary.Streams.Where(stream => stream.IsOverdue(_core.Options.PeerDeadline)))
                {
                    _core.Events.Report(PairEventId.NodeOverdue, ("node", stream.Node));
                    ConversationWith(stream.Node).Restart();
                }
            }
            else if (Secondary is { IsFollowing: true } secondary && _core.Record.IsComplete)
            {
                secondary.Lease.Ask();
            }
        }
    }

    private async Task PauseAsync()
    {
        try
        {
            await Task.Delay(Tick, _core.Time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The node is closed.
        }
    }

    private enum PrimaryStart
    {
        Opened,
        Alone,
    }
}
