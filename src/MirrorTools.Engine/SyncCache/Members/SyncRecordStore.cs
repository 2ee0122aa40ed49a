using MirrorTools.Engine.Journal;

namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>The durable <see cref="SyncRecord"/> of a node. Changes are made one after another, each to what the one before left.</summary>
internal sealed class SyncRecordStore(RecordSlots slots, SyncRecord record)
{
    private readonly SerialGate _turns = new();

    /// <summary>The record as it is on disk.</summary>
    public SyncRecord Current { get; private set; } = record;

    /// <summary>Changes the record; it is durable at return.</summary>
    /// <param name="change">Makes the new record of the present one; looks at nothing but its argument.</param>
    /// <exception cref="IOException">It could not be written: the record before it, or this one, is what the next opening finds.</exception>
    public async Task ChangeAsync(Func<SyncRecord, SyncRecord> change)
    {
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        SyncRecord next = change(Current);
        await slots.WriteAsync(SyncRecordCodec.Encode(next), CancellationToken.None);
        Current = next;
    }
}
