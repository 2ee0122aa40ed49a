namespace MirrorTools.Engine.SyncCache;

/// <summary>What <see cref="StreamRecords"/> needs of the stream it belongs to.</summary>
internal sealed class StreamRecordPort
{
    /// <summary>Puts a scan's message into the stream: its kind, the range, the scan's number.</summary>
    public required Action<ushort, int, ulong> Send { get; init; }

    /// <summary>True where a write to the grain is on its way and not in the cache.</summary>
    public required Func<long, bool> HasPending { get; init; }

    /// <summary>Completes when what is on its way now is in the cache.</summary>
    public required Func<Task> WhenSettledAsync { get; init; }
}
