using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.SyncCache.Hardening;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>One of the two nodes: the real record and the real scanner over a cache and streams in memory.</summary>
internal sealed class ModelNode : IHardeningPort
{
    private readonly List<(long Number, TaskCompletionSource Settled)> _waiting = [];
    private readonly List<ModelMessage> _pending = [];
    private readonly bool _isPrimary;

    public ModelNode(bool isPrimary, HardeningRanges ranges, HardeningOptions options, TimeProvider time, SyncFaults faults)
    {
        _isPrimary = isPrimary;
        Cache = new ModelCache((int)ranges.GrainCount);
        Known = new long[ranges.GrainCount];
        Record = new HardeningRecord(ranges, faults);
        Scanner = new HardeningScanner(ranges, options, this, togglesWhenSent: isPrimary, time, faults);
    }

    public HardeningRecord Record { get; }

    public HardeningScanner Scanner { get; }

    public ModelCache Cache { get; }

    /// <summary>The newest version of each grain that was sent by the primary, or received by the secondary.</summary>
    public long[] Known { get; }

    /// <summary>The stream to the other node; null without a session.</summary>
    public Queue<ModelMessage>? Outgoing { get; set; }

    /// <summary>Every message that was sent, in order.</summary>
    public List<ModelMessage> Sent { get; } = [];

    /// <summary>Writes sent or received that are not in the cache yet.</summary>
    public IReadOnlyList<ModelMessage> Pending => _pending;

    /// <summary>The last write that both nodes are known to have.</summary>
    public long SettledUpTo { get; set; }

    /// <summary>The last write that was sent or received.</summary>
    public long LastNumber { get; private set; }

    /// <summary>At the primary: the secondary has said what it has, so writes may be sent.</summary>
    public bool MaySend { get; private set; } = true;

    /// <summary>What hardening fails with; null where it does not.</summary>
    public Exception? DiskFault { get; set; }

    public void StartSession(Queue<ModelMessage> outgoing)
    {
        Outgoing = outgoing;
        MaySend = !_isPrimary;
        if (!_isPrimary)
        {
            Send(new ModelMessage(ModelMessageKind.Hello, LastNumber));
        }

        Scanner.OnSessionStarted();
    }

    public void LoseSession()
    {
        Outgoing = null;
        Record.OnSessionLost();
        Scanner.OnSessionLost();
    }

    /// <summary>The primary takes a host's write. Marking and queueing are one step, in the order in which a completion that the mark brings about would do harm.</summary>
    public void Write(GrainRange grains)
    {
        ModelMessage write = MarkWrite(grains);
        Send(write);
    }

    public ModelMessage MarkWrite(GrainRange grains)
    {
        ModelMessage write = new(ModelMessageKind.Write, LastNumber + 1, grains);
        _pending.Add(write);
        Know(write);
        return write;
    }

    public void Send(ModelMessage message)
    {
        Sent.Add(message);
        Outgoing?.Enqueue(message);
    }

    public void Receive(ModelMessage message)
    {
        switch (message.Kind)
        {
            case ModelMessageKind.Hello:
                SettledUpTo = message.Number;
                _pending.Where(write => write.Number > message.Number).ToList().ForEach(SendAgain);
                MaySend = true;
                break;
            case ModelMessageKind.Write:
                _pending.Add(message);
                Know(message);
                Send(new ModelMessage(ModelMessageKind.Acknowledge, message.Number));
                break;
            case ModelMessageKind.Acknowledge:
                SettledUpTo = message.Number;
                break;
            case ModelMessageKind.ScanStarted:
                Assert(Record.TryBeginScan(message.Range, (ulong)message.Number), message);
                Send(message with { Kind = ModelMessageKind.ScanAccepted });
                break;
            case ModelMessageKind.ScanAccepted:
                Scanner.OnAccepted(message.Range, (ulong)message.Number);
                break;
            default:
                Record.CompleteScan(message.Range, (ulong)message.Number);
                break;
        }
    }

    /// <summary>The oldest pending write goes into the cache where it is settled.</summary>
    public bool PutNext()
    {
        if (_pending.Count == 0 || _pending[0].Number > SettledUpTo)
        {
            return false;
        }

        ModelMessage write = _pending[0];
        _pending.RemoveAt(0);
        Cache.Put(write.Grains, write.Number);
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_waiting[i].Number <= write.Number)
            {
                _waiting[i].Settled.TrySetResult();
                _waiting.RemoveAt(i);
            }
        }

        return true;
    }

    /// <summary>The oldest pending write comes to nothing.</summary>
    public void DropNext() => _pending.RemoveAt(0);

    public void SendScanStarted(int range, ulong scan) => Send(new ModelMessage(ModelMessageKind.ScanStarted, (long)scan, Range: range));

    public void SendScanCompleted(int range, ulong scan) => Send(new ModelMessage(ModelMessageKind.ScanCompleted, (long)scan, Range: range));

    public Task WhenSettledAsync(CancellationToken cancellationToken)
    {
        if (_pending.Count == 0)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((_pending[^1].Number, settled));
        cancellationToken.Register(() => settled.TrySetCanceled(cancellationToken));
        return settled.Task;
    }

    public Task HardenAsync(GrainRange grains, Func<long, bool>? only, CancellationToken cancellationToken) =>
        DiskFault is { } fault ? Task.FromException(fault) : Cache.HardenAsync(grains, only, cancellationToken);

    public bool IsUnhardened(long grain) => Cache.Unhardened[grain] != 0;

    public bool HasPending(long grain) => _pending.Exists(write => grain >= write.Grains.First && grain < write.Grains.End);

    private static void Assert(bool accepted, ModelMessage message)
    {
        if (!accepted)
        {
            throw new InvalidOperationException($"{message} was refused.");
        }
    }

    private void SendAgain(ModelMessage write)
    {
        Record.Mark(write.Grains);
        Scanner.Mark(write.Grains);
        Send(write);
    }

    private void Know(ModelMessage write)
    {
        LastNumber = write.Number;
        Array.Fill(Known, write.Number, (int)write.Grains.First, (int)write.Grains.Count);
        Record.Mark(write.Grains);
        Scanner.Mark(write.Grains);
    }
}
