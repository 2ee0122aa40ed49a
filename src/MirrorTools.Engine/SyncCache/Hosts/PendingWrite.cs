using System.Threading.Tasks.Sources;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache.Hosts;

/// <summary>
/// One write of a host on its way to the caches: what it writes stays in the host's memory until every node that takes part has it. Reused, so that a write allocates nothing.
/// </summary>
internal sealed class PendingWrite : IValueTaskSource
{
    private readonly Action<PendingWrite> _giveBack;
    private ManualResetValueTaskSourceCore<bool> _outcome = new() { RunContinuationsAsynchronously = true };

    /// <summary>Creates one.</summary>
    /// <param name="giveBack">Takes it back once the host has its answer.</param>
    public PendingWrite(Action<PendingWrite> giveBack) => _giveBack = giveBack;

    /// <summary>Its place in the order of all writes; given by <see cref="WriteRing"/>.</summary>
    public ulong Number { get; set; }

    /// <summary>Where it begins.</summary>
    public long OffsetBytes { get; private set; }

    /// <summary>How long it is.</summary>
    public long LengthBytes { get; private set; }

    /// <summary>What it writes; empty for zeros.</summary>
    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>How it is to be done.</summary>
    public WriteOptions Options { get; private set; }

    /// <summary>The gate's ticket.</summary>
    public int Ticket { get; private set; }

    /// <summary>True where it writes zeros without a payload.</summary>
    public bool IsZeroes => Data.IsEmpty;

    /// <summary>What the host waits for.</summary>
    public ValueTask Answer => new(this, _outcome.Version);

    /// <summary>Begins a write.</summary>
    public PendingWrite Begin(long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, int ticket)
    {
        (OffsetBytes, Data, LengthBytes, Options, Ticket) = (offsetBytes, data, lengthBytes, options, ticket);
        return this;
    }

    /// <summary>Answers the host.</summary>
    public void Complete(Exception? exception)
    {
        if (exception is null)
        {
            _outcome.SetResult(true);
        }
        else
        {
            _outcome.SetException(exception);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        try
        {
            _outcome.GetResult(token);
        }
        finally
        {
            Data = default;
            _outcome.Reset();
            _giveBack(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _outcome.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);
}
