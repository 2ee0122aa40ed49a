using System.Runtime.CompilerServices;

namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>The pipelined requests of one client: slots, sending, the receive loop and the deadlines.</summary>
internal sealed class NbdClientPipe : IAsyncDisposable
{
    private const int LargestCopyBytes = 64 * 1024;
    private const int MaxSlots = 1024;

    private readonly NbdClientWire _wire;
    private readonly NbdClientOptions _options;
    private readonly NbdClientRequest[] _slots;
    private readonly Stack<NbdClientRequest> _free = new();
    private readonly SemaphoreSlim _room;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly byte[] _sendBuffer = new byte[NbdRequestHeader.Size + LargestCopyBytes];
    private readonly CancellationTokenSource _closing = new();
    private readonly Timer _watch;
    private readonly Task _receiving;
    private Exception? _lost;

    public NbdClientPipe(NbdClientWire wire, NbdClientAgreement agreement, NbdClientOptions options)
    {
        (_wire, _options) = (wire, options);
        int count = Math.Clamp(options.MaxRequestsInFlight, 1, MaxSlots);
        _room = new SemaphoreSlim(count, count);
        _slots = [.. Enumerable.Range(0, count).Select(slot => new NbdClientRequest(slot))];
        foreach (NbdClientRequest request in _slots)
        {
            _free.Push(request);
        }

        TimeSpan period = TimeSpan.FromMilliseconds(Math.Clamp(options.RequestDeadline.TotalMilliseconds / 4, 10, 1000));
        _watch = new Timer(static pipe => ((NbdClientPipe)pipe!).GiveUpOverdue(), this, period, period);
        _receiving = ReceiveAsync(new NbdClientReceiver(wire, agreement, _slots));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask RequestAsync(
        NbdCommand command, ushort flags, long offsetBytes, long lengthBytes, Memory<byte> destination, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        NbdClientRequest request = await RentAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ExchangeAsync(request, command, flags, offsetBytes, lengthBytes, destination, data).ConfigureAwait(false);
        }
        finally
        {
            Return(request);
        }
    }

    /// <summary>Asks for block status; returns the extents of each context, by its id.</summary>
    public async ValueTask<IReadOnlyDictionary<uint, List<NbdStatusExtent>>> StatusAsync(
        ushort flags, long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        NbdClientRequest request = await RentAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ExchangeAsync(request, NbdCommand.BlockStatus, flags, offsetBytes, lengthBytes, default, default).ConfigureAwait(false);
            return request.Extents!;
        }
        finally
        {
            Return(request);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Lose(new ObjectDisposedException(nameof(NbdClient))))
        {
            await SayGoodbyeAsync().ConfigureAwait(false);
        }

        await _watch.DisposeAsync().ConfigureAwait(false);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _wire.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ExchangeAsync(
        NbdClientRequest request, NbdCommand command, ushort flags, long offsetBytes, long lengthBytes, Memory<byte> destination, ReadOnlyMemory<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, uint.MaxValue);
        long giveUpAtMs = Environment.TickCount64 + (long)_options.RequestDeadline.TotalMilliseconds;
        ValueTask reply = request.Arm(command, offsetBytes, lengthBytes, destination, giveUpAtMs);
        if (Volatile.Read(ref _lost) is Exception lost)
        {
            request.Abandon(Lost(lost));
        }
        else
        {
            var header = new NbdRequestHeader(flags, command, request.Cookie, (ulong)offsetBytes, (uint)lengthBytes);
            await SendAsync(header, data).ConfigureAwait(false);
        }

        await reply.ConfigureAwait(false);
    }

    /// <summary>Sends; a failure is noted as the loss of the connection, which completes the request.</summary>
    private async ValueTask SendAsync(NbdRequestHeader header, ReadOnlyMemory<byte> data)
    {
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            header.Write(_sendBuffer);
            bool copies = data.Length <= LargestCopyBytes;
            if (copies)
            {
                data.Span.CopyTo(_sendBuffer.AsSpan(NbdRequestHeader.Size));
            }

            int first = NbdRequestHeader.Size + (copies ? data.Length : 0);
            await _wire.Stream.WriteAsync(_sendBuffer.AsMemory(0, first), _closing.Token).ConfigureAwait(false);
            if (!copies)
            {
                await _wire.Stream.WriteAsync(data, _closing.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            Lose(exception);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReceiveAsync(NbdClientReceiver receiver)
    {
        try
        {
            await receiver.RunAsync(_closing.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Lose(exception);
        }

        // Only now does nobody write into the callers' buffers any more.
        foreach (NbdClientRequest request in _slots)
        {
            request.Abandon(Lost(_lost!));
        }
    }

    private async Task SayGoodbyeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _sending.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            new NbdRequestHeader(0, NbdCommand.Disconnect, 0, 0, 0).Write(_sendBuffer);
            await _wire.Stream.WriteAsync(_sendBuffer.AsMemory(0, NbdRequestHeader.Size), deadline.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The goodbye is a courtesy.
        }
        finally
        {
            _sending.Release();
        }
    }

    private async ValueTask<NbdClientRequest> RentAsync(CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_free)
        {
            return _free.Pop();
        }
    }

    private void Return(NbdClientRequest request)
    {
        lock (_free)
        {
            _free.Push(request);
        }

        _room.Release();
    }

    private void GiveUpOverdue()
    {
        long nowMs = Environment.TickCount64;
        if (Array.Exists(_slots, request => request.IsPending && request.GiveUpAtMs < nowMs))
        {
            Lose(new TimeoutException($"The NBD server did not answer a request within {_options.RequestDeadline.TotalSeconds:0.#} s."));
        }
    }

    /// <summary>Marks the connection as lost, once; the receive loop then ends and fails what is in flight.</summary>
    private bool Lose(Exception cause)
    {
        if (Interlocked.CompareExchange(ref _lost, cause, null) is not null)
        {
            return false;
        }

        if (cause is not ObjectDisposedException)
        {
            _closing.Cancel();
        }

        return true;
    }

    private static Exception Lost(Exception cause) =>
        cause is ObjectDisposedException ? cause : new IOException($"The NBD connection is lost: {cause.Message}", cause);
}
