namespace MirrorTools.Protocols.Nbd;

/// <summary>What a connection has received: one large receive picks up many requests, and large payloads bypass the buffer.</summary>
internal sealed class NbdInput(NbdTransport transport)
{
    private const int BufferBytes = 256 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private NbdTransport _transport = transport;
    private int _start;
    private int _end;

    /// <summary>How much the next receive may take. Small while large writes arrive, so that their payloads are not received here and copied.</summary>
    public int ReceiveLimitBytes { get; set; } = BufferBytes;

    /// <summary>The whole buffer, for <see cref="ReceiveLimitBytes"/>.</summary>
    public const int NoLimitBytes = BufferBytes;

    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    public void Consume(int bytes) => _start += bytes;

    /// <summary>Goes on over another transport. Nothing may be buffered: what was sent in the clear does not count after STARTTLS.</summary>
    public void SwitchTo(NbdTransport transport) => _transport = transport;

    /// <summary>Receives until so many bytes are buffered; false where the stream ended before the first of them.</summary>
    /// <exception cref="EndOfStreamException">The stream ended inside them.</exception>
    public bool TryFill(int bytes, bool mayIdle)
    {
        Rewind();
        if (_end - _start < bytes && _buffer.Length - _end < BufferBytes / 2)
        {
            Buffered.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        while (_end - _start < bytes)
        {
            int room = Math.Min(_buffer.Length - _end, Math.Max(ReceiveLimitBytes, bytes - (_end - _start)));
            int received = _transport.Receive(_buffer.AsSpan(_end, room), mayIdle && _start == _end);
            if (received == 0)
            {
                return _start == _end ? false : throw new EndOfStreamException("The client went away inside a message.");
            }

            _end += received;
        }

        return true;
    }

    /// <summary>Takes exactly so many bytes; what is not buffered is received in place.</summary>
    public void ReadExactly(Span<byte> destination)
    {
        int buffered = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, buffered).CopyTo(destination);
        Consume(buffered);
        while (buffered < destination.Length)
        {
            int received = _transport.Receive(destination[buffered..], mayIdle: false);
            if (received == 0)
            {
                throw new EndOfStreamException("The client went away inside a payload.");
            }

            buffered += received;
        }

        Rewind();
    }

    /// <summary>Takes exactly so many bytes and drops them.</summary>
    public void Skip(long bytes)
    {
        while (bytes > 0)
        {
            if (_start == _end)
            {
                Rewind();
                TryFillAny();
            }

            int some = (int)Math.Min(bytes, _end - _start);
            Consume(some);
            bytes -= some;
        }
    }

    private void TryFillAny()
    {
        int received = _transport.Receive(_buffer.AsSpan(_end), mayIdle: false);
        if (received == 0)
        {
            throw new EndOfStreamException("The client went away inside a payload.");
        }

        _end += received;
    }

    private void Rewind()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }
}
