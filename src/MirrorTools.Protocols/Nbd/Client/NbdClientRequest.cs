using System.Threading.Tasks.Sources;

namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>A slot for one request in flight; reused. Completed by the receive loop, or by the loss of the connection.</summary>
internal sealed class NbdClientRequest : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _completion = new() { RunContinuationsAsynchronously = true };
    private int _pending;
    private NbdException? _failure;

    public NbdClientRequest(int slot) => Slot = slot;

    public int Slot { get; }

    /// <summary>The cookie on the wire: the slot, and how often it was used, so that a stale reply is noticed.</summary>
    public ulong Cookie { get; private set; }

    public NbdCommand Command { get; private set; }

    public long OffsetBytes { get; private set; }

    public long LengthBytes { get; private set; }

    /// <summary>Where a read's data goes.</summary>
    public Memory<byte> Destination { get; private set; }

    /// <summary>How much of a read has arrived.</summary>
    public long ReceivedBytes { get; set; }

    /// <summary>The extents of a block status, by context.</summary>
    public Dictionary<uint, List<NbdStatusExtent>>? Extents { get; private set; }

    /// <summary>When the request is given up, in <see cref="Environment.TickCount64"/>.</summary>
    public long GiveUpAtMs { get; private set; }

    public bool IsPending => Volatile.Read(ref _pending) != 0;

    public ValueTask Arm(NbdCommand command, long offsetBytes, long lengthBytes, Memory<byte> destination, long giveUpAtMs)
    {
        Cookie = ((Cookie >> 16) + 1) << 16 | (uint)Slot;
        (Command, OffsetBytes, LengthBytes, Destination, GiveUpAtMs) = (command, offsetBytes, lengthBytes, destination, giveUpAtMs);
        ReceivedBytes = 0;
        Extents = command == NbdCommand.BlockStatus ? [] : null;
        _failure = null;
        _completion.Reset();

        // A full fence: the caller looks at the connection's state after this, and whoever loses the connection looks at this after that.
        Interlocked.Exchange(ref _pending, 1);
        return new ValueTask(this, _completion.Version);
    }

    /// <summary>Notes an error that a chunk told; the first one counts.</summary>
    public void Fail(NbdException failure) => _failure ??= failure;

    /// <summary>Ends the request with what was noted.</summary>
    public void Complete() => Settle(_failure);

    /// <summary>Ends the request because the connection is lost.</summary>
    public void Abandon(Exception cause) => Settle(cause);

    public void GetResult(short token) => _completion.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void Settle(Exception? failure)
    {
        if (Interlocked.Exchange(ref _pending, 0) == 0)
        {
            return;
        }

        Destination = default;
        if (failure is null)
        {
            _completion.SetResult(true);
        }
        else
        {
            _completion.SetException(failure);
        }
    }
}
