using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Hosts;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache.Primary;

/// <summary>
/// A node as the primary (figure 4): takes hosts' writes in one order, has them sent to every node that takes part, puts each into the cache once all have it, and answers. On the pair's
/// scheduler, but for what hosts put into the ring.
/// </summary>
internal sealed class PrimaryNode
{
    private readonly SyncCore _core;
    private readonly PendingGrains _pending = new();
    private readonly Signal _work = new();
    private readonly Dictionary<PeerStream, NodeUpdate> _updates = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<(ulong Through, TaskCompletionSource Reached)> _waiting = new();
    private readonly Action _wake;
    private Task _running = Task.CompletedTask;
    private ulong _taken;
    private ulong _applied;
    private ulong _toldSettled;
    private IReadOnlyList<Task> _scanning = [];
    private readonly Dictionary<Guid, long> _copied = [];

    public PrimaryNode(SyncCore core, Action<Exception> failed)
    {
        _core = core;
        Failed = failed;
        _wake = _work.Set;
        Ring = new WriteRing(core.Options.RingSlots, () => core.Control.Post(_wake));
        Streams =
        [
            .. core.Record.Nodes.Where(node => node != core.NodeId).Select(node => new PeerStream(core, node, Ring, _pending, _wake)
            {
                Taken = () => _taken,
                Settled = () => _applied,
                WhenSettled = () => WhenApplied(_taken),
            }),
        ];
        Membership = new Membership(core, Streams);
        foreach (PeerStream stream in Streams)
        {
            if (core.Record.Members.Contains(stream.Node))
            {
                stream.Enter(PeerMode.Lost, "Opened");
            }
        }
    }

    /// <summary>Where hosts put their writes.</summary>
    public WriteRing Ring { get; }

    /// <summary>The other nodes.</summary>
    public IReadOnlyList<PeerStream> Streams { get; }

    /// <summary>Who takes part.</summary>
    public Membership Membership { get; }

    /// <summary>Told of what this node can't go on after.</summary>
    public Action<Exception> Failed { get; }

    /// <summary>True while no other node takes part: what is acknowledged is on this disk (S-9).</summary>
    public bool IsAlone => !Streams.Any(static stream => stream.Mode is PeerMode.Mirroring or PeerMode.Lost);

    /// <summary>Writes up to this number are in the caches of all that take part.</summary>
    public ulong Settled => _applied;

    /// <summary>True once it takes no writes any more. From any thread.</summary>
    public bool IsStopped => _stop.IsCancellationRequested;

    /// <summary>How many grains a node was sent since it returned.</summary>
    public long UpdatedGrains(Guid node) => _copied.GetValueOrDefault(node);

    /// <summary>Begins to work.</summary>
    public void Start()
    {
        _running = _core.Flows.WatchAsync(RunAsync());
        _scanning = [.. Streams.Select(stream => _core.Flows.WatchAsync(stream.Records.Scanner.RunAsync(_stop.Token)))];
    }

    /// <summary>Something may go on.</summary>
    public void Wake() => _wake();

    /// <summary>Ends; what is under way is answered with an error.</summary>
    public async Task StopAsync(Exception answer)
    {
        _stop.Cancel();
        _work.Set();
        await _running;
        foreach (PeerStream stream in Streams)
        {
            await stream.DetachAsync();
        }

        await Membership.EndAsync();
        foreach (Task scanning in _scanning)
        {
            await scanning;
        }

        while (Ring.At(_applied + 1) is { } write)
        {
            Ring.Release(++_applied);
            Answer(write, answer);
        }
    }

    /// <summary>Sends a node what it lacks, and admits it (S-10).</summary>
    public async Task UpdateAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        NodeUpdate update = new(_core, stream, _pending, () => WhenApplied(_taken));
        _updates[stream] = update;
        try
        {
            stream.Enter(PeerMode.Updating, "Ready");
            if (!await update.RunAsync(cancellationToken) || stream.Mode != PeerMode.Updating)
            {
                return;
            }
        }
        finally
        {
            _copied[stream.Node] = update.CopiedGrains;
            if (_updates.GetValueOrDefault(stream) == update)
            {
                _updates.Remove(stream);
            }
        }

        // From here on every write waits for the node, and for the own disk; what was acknowledged before has passed it once this is hardened.
        stream.BeginWrites(_applied, PeerMode.Joining, "Updated");
        if (await stream.Asks.HardenAsync(default, _core.Time) && await Membership.AdmitAsync(stream))
        {
            stream.Enter(PeerMode.Mirroring, "Admitted");
        }
    }

    /// <summary>A session with a node has ended: where it takes part it is left out once it can't serve reads any more (S-9).</summary>
    public async Task OnSessionEndedAsync(PeerStream stream)
    {
        await stream.DetachAsync();
        switch (stream.Mode)
        {
            case PeerMode.Joining or PeerMode.Mirroring when _core.Record.Members.Contains(stream.Node):
                stream.Enter(PeerMode.Lost, "SessionEnded");
                _ = _core.Flows.WatchAsync(LeaveOutAsync(stream));
                break;
            case PeerMode.Updating or PeerMode.Joining:
                _core.Missing.Add(stream.Place, stream.Records.Union());
                stream.Enter(PeerMode.Absent, "SessionEnded");
                break;
        }
    }

    /// <summary>Leaves a lost node out.</summary>
    public async Task LeaveOutAsync(PeerStream stream)
    {
        try
        {
            await Membership.LeaveOutAsync(stream);
            if (IsAlone)
            {
                await _core.Cache.FlushAsync(_stop.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            if (exception is IOException)
            {
                Failed(exception);
            }
        }
    }

    /// <summary>Completes when everything acknowledged is durable on all nodes that take part (S-11).</summary>
    /// <param name="grains">Which grains; none for all.</param>
    public async Task HardenEverywhereAsync(GrainRange grains)
    {
        Task own = grains.Count > 0 ? _core.Cache.HardenAsync(grains, null, _stop.Token) : _core.Cache.FlushAsync(_stop.Token);
        List<(PeerStream Stream, Task<bool> Hardened)> asked = [];
        foreach (PeerStream stream in Streams)
        {
            if (stream.IsWaitedFor)
            {
                asked.Add((stream, stream.Asks.HardenAsync(grains, _core.Time)));
            }
        }

        foreach ((PeerStream stream, Task<bool> first) in asked)
        {
            Task<bool> hardened = first;
            while (!await hardened && stream.IsWaitedFor && !_stop.IsCancellationRequested)
            {
                // Until it is back or left out, whichever comes first; both end.
                await Task.Delay(TimeSpan.FromMilliseconds(20), _core.Time);
                hardened = stream.Mode == PeerMode.Lost ? Task.FromResult(false) : stream.Asks.HardenAsync(grains, _core.Time);
            }
        }

        await own;
    }

    /// <summary>A write is about to come to cold regions: the other nodes make them hot while this one does, so that the stream does not wait for it.</summary>
    public void Warm(long offsetBytes, long lengthBytes)
    {
        foreach (PeerStream stream in Streams)
        {
            if (stream.Mode is PeerMode.Mirroring or PeerMode.Joining)
            {
                stream.Post(new PeerMessage(SyncMessage.Warm, 0, 0, 0, offsetBytes, lengthBytes, Guid.Empty));
            }
        }
    }

    /// <summary>A grain is hardened: the records of all nodes may come to forget it.</summary>
    public void OnGrainHardened(long grain)
    {
        foreach (PeerStream stream in Streams)
        {
            stream.Records.OnGrainHardened(grain);
        }
    }

    /// <summary>Completes when the writes up to a number are in the cache.</summary>
    public Task WhenApplied(ulong through)
    {
        if (_applied >= through || _stop.IsCancellationRequested)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue((through, reached));
        return reached.Task;
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                Take();
                while (_applied < _taken && IsOnAll(_applied + 1) && !_stop.IsCancellationRequested)
                {
                    await ApplyAsync(Ring.At(_applied + 1)!);
                    Take();
                }

                TellSettled();
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
            while (_waiting.TryDequeue(out (ulong Through, TaskCompletionSource Reached) waiting))
            {
                waiting.Reached.TrySetResult();
            }
        }
    }

    private void Take()
    {
        Ring.BeginLook();
        bool isNew = false;
        while (Ring.At(_taken + 1) is { } write)
        {
            _taken++;
            isNew = true;
            GrainRange grains = _core.Geometry.Covering(write.OffsetBytes, write.LengthBytes);
            _pending.Begin(grains);
            foreach (NodeUpdate update in _updates.Values)
            {
                update.OnTaken(grains);
            }
        }

        if (isNew)
        {
            foreach (PeerStream stream in Streams)
            {
                stream.Wake();
            }
        }
    }

    // Most of the time the next write says it; at the end of a burst nothing else would.
    private void TellSettled()
    {
        if (_applied == _taken && _toldSettled < _applied)
        {
            _toldSettled = _applied;
            foreach (PeerStream stream in Streams)
            {
                stream.Post(new PeerMessage(SyncMessage.Settled, 0, 0, 0, 0, 0, SettledNumber.Write(_applied)));
            }
        }
    }

    private bool IsOnAll(ulong number)
    {
        foreach (PeerStream stream in Streams)
        {
            if (!stream.HasOrNeedsNot(number))
            {
                return false;
            }
        }

        return true;
    }

    private async Task ApplyAsync(PendingWrite write)
    {
        GrainRange grains = _core.Geometry.Covering(write.OffsetBytes, write.LengthBytes);
        while (!TryPut(write))
        {
            await _core.Cache.WhenRoomAsync(write.LengthBytes, _stop.Token);
        }

        foreach (PeerStream stream in Streams)
        {
            if (_updates.TryGetValue(stream, out NodeUpdate? update))
            {
                update.Forward(write);
            }
            else if ((stream.Mode == PeerMode.Absent || !_core.Record.Members.Contains(stream.Node)) && !_core.Parts.Faults.ForgetWhileAlone)
            {
                _core.Missing.Add(stream.Place, grains);
            }
        }

        _pending.End(grains);
        _applied++;
        Ring.Release(_applied);
        while (_waiting.TryPeek(out (ulong Through, TaskCompletionSource Reached) waiting) && waiting.Through <= _applied)
        {
            _waiting.Dequeue().Reached.TrySetResult();
        }

        AnswerWhenDurable(write, grains);
    }

    // One step of the scheduler: nothing looks at the cache between the put and the marks.
    private bool TryPut(PendingWrite write) => write.IsZeroes
        ? _core.Cache.TryPutZeroes(write.OffsetBytes, write.LengthBytes, (write.Options & WriteOptions.MayUnmap) != 0)
        : _core.Cache.TryPut(write.OffsetBytes, write.Data.Span);

    private void AnswerWhenDurable(PendingWrite write, GrainRange grains)
    {
        bool isForced = (write.Options & WriteOptions.ForceUnitAccess) != 0 && _core.Options.FlushPolicy == FlushPolicy.Disk;
        if (isForced)
        {
            _ = _core.Flows.WatchAsync(AnswerAfterAsync(write, HardenEverywhereAsync(grains)));
        }
        else if (IsAlone && !_core.Parts.Faults.AcknowledgeBeforeDiskWhileAlone)
        {
            _ = _core.Flows.WatchAsync(AnswerAfterAsync(write, _core.Cache.HardenAsync(grains, null, _stop.Token)));
        }
        else
        {
            Answer(write, null);
        }
    }

    private async Task AnswerAfterAsync(PendingWrite write, Task durable)
    {
        try
        {
            await durable;
            Answer(write, null);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            Answer(write, exception as IOException ?? new BlockDeviceException(BlockDeviceFault.Unreachable, "The node was closed before the write was durable."));
            if (exception is IOException && !_stop.IsCancellationRequested)
            {
                Failed(exception);
            }
        }
    }

    private void Answer(PendingWrite write, Exception? exception)
    {
        int ticket = write.Ticket;
        _core.Gate.Exit(ticket);
        write.Complete(exception);
    }
}
