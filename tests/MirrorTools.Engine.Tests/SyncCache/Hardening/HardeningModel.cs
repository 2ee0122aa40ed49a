using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.SyncCache.Hardening;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>
/// A pair of nodes with streams that deliver in order and when they are told to. What S-2 promises is looked at by <see cref="Violation"/>, against more than it asks for: a record must
/// hold each grain of which the other node's disk lacks what was sent to it or came from it.
/// </summary>
internal sealed class HardeningModel
{
    public static readonly HardeningOptions Options = new() { RangeCount = 3, MaximumScans = 2 };

    private readonly int _grainCount;

    public HardeningModel(HardeningMethod method, SyncFaults? faults = null, int grainCount = 12, HardeningOptions? options = null)
    {
        _grainCount = grainCount;
        options = (options ?? Options) with { Method = method };
        Ranges = new HardeningRanges(grainCount, options.RangeCount);
        Primary = new ModelNode(isPrimary: true, Ranges, options, Clock, faults ?? SyncFaults.None);
        Secondary = new ModelNode(isPrimary: false, Ranges, options, Clock, faults ?? SyncFaults.None);
        Connect();
        ToPrimary.Clear();
        Primary.Receive(new ModelMessage(ModelMessageKind.Hello, 0));
    }

    public HardeningRanges Ranges { get; }

    public ModelClock Clock { get; } = new();

    public ModelContext Context { get; } = new();

    public ModelNode Primary { get; }

    public ModelNode Secondary { get; }

    public Queue<ModelMessage> ToPrimary { get; private set; } = new();

    public Queue<ModelMessage> ToSecondary { get; private set; } = new();

    /// <summary>Both nodes are in one session, the next one.</summary>
    public void Connect()
    {
        (ToPrimary, ToSecondary) = (new(), new());
        Primary.StartSession(ToSecondary);
        Secondary.StartSession(ToPrimary);
    }

    /// <summary>Gives a node its next message.</summary>
    public ModelMessage? DeliverTo(ModelNode node)
    {
        if (node.Outgoing is null || !(node == Primary ? ToPrimary : ToSecondary).TryDequeue(out ModelMessage message))
        {
            return null;
        }

        node.Receive(message);
        return message;
    }

    /// <summary>Which record lacks a grain, or null where none does.</summary>
    public string? Violation()
    {
        for (int grain = 0; grain < _grainCount; grain++)
        {
            if (Lacks(Primary, Secondary, grain))
            {
                return $"The primary's record lacks grain {grain}: version {Primary.Known[grain]} was sent, the secondary's disk has {Secondary.Cache.Disk[grain]}.";
            }

            if (Lacks(Secondary, Primary, grain))
            {
                return $"The secondary's record lacks grain {grain}: it has received version {Secondary.Known[grain]}, the primary's disk has {Primary.Cache.Disk[grain]}.";
            }
        }

        return null;
    }

    /// <summary>Runs a test's steps on the model's scheduler.</summary>
    public void Run(Action steps)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(Context);
        try
        {
            steps();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>All messages arrive, settled writes go into the caches, and whoever waited for it goes on; nothing is hardened.</summary>
    public void Settle()
    {
        bool moved = true;
        while (moved)
        {
            moved = DeliverTo(Primary) is not null | DeliverTo(Secondary) is not null | Primary.PutNext();
            Secondary.SettledUpTo = Secondary.LastNumber;
            moved |= Secondary.PutNext() | Context.RunOne();
        }
    }

    /// <summary>A node writes a grain's content to its disk, flushed.</summary>
    public static void Harden(ModelNode node, long grain)
    {
        node.Cache.BeginWrite(grain);
        node.Cache.EndWrite(grain, node.Scanner.OnHardened);
    }

    private static bool Lacks(ModelNode keeper, ModelNode other, int grain) =>
        keeper.Known[grain] > other.Cache.Disk[grain] && !keeper.Record.IsMarked(grain);
}
