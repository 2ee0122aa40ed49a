using MirrorTools.Engine.Journal;

namespace MirrorTools.Engine.Pairs;

/// <summary>The durable <see cref="PairRecord"/> of one side. Several flows change it, each its own members: changes are made one after another, each to what the one before left.</summary>
internal sealed class PairRecordStore(RecordSlots slots, PairRecord record)
{
    private readonly SerialGate _turns = new();

    /// <summary>The record as it is on disk.</summary>
    public PairRecord Current { get; private set; } = record;

    /// <summary>Changes the record; it is durable at return.</summary>
    /// <param name="change">Makes the new record of the present one. Called when no other change is under way, so it must look at nothing but its argument.</param>
    /// <exception cref="IOException">It could not be written: the record before it, or this one, is what the next opening finds.</exception>
    public async Task ChangeAsync(Func<PairRecord, PairRecord> change)
    {
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        PairRecord next = change(Current);
        await slots.WriteAsync(PairRecordCodec.Encode(next), CancellationToken.None);
        Current = next;
    }
}
