namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// The replies that leave together: small ones are collected, a large read leaves from its own buffer, head and data in one send. Its owner sees to it that one thread at a
/// time uses it.
/// </summary>
internal sealed class NbdReplyBatch(NbdTransport transport, bool structured, Action<NbdServerRequest> recycle, Action<Exception> onBroken)
{
    /// <summary>Data up to this size is copied to leave with its neighbours: cheaper than a send of its own.</summary>
    public const int LargestCopyBytes = 16 * 1024;

    private const int BufferBytes = 128 * 1024;

    /// <summary>Replies leave at the latest in batches of this size, so that the client works on them while the server goes on.</summary>
    private const int MaxBatchBytes = 64 * 1024;

    private readonly byte[] _out = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private int _used;
    private volatile bool _isBroken;

    /// <summary>How many replies are collected.</summary>
    public int Count { get; private set; }

    /// <summary>True while nothing is collected.</summary>
    public bool IsEmpty => _used == 0;

    /// <summary>True once so much is collected that it should leave.</summary>
    public bool IsFull => _used >= MaxBatchBytes;

    /// <summary>True once a send failed.</summary>
    public bool IsBroken => _isBroken;

    /// <summary>Adds the reply of a request and gives the request back.</summary>
    public void Append(NbdServerRequest request)
    {
        Span<byte> room = Room(NbdReplyFormat.LargestSmallReplyBytes);
        NbdRequestHeader header = request.Header;
        if (request.Error != NbdError.None)
        {
            _used += structured
                ? NbdReplyFormat.WriteError(room, header.Cookie, request.Error, request.Complaint ?? request.Error.ToString())
                : NbdReplyFormat.WriteSimple(room, header.Cookie, request.Error);
        }
        else if (request.PreparedBytes > 0)
        {
            AppendPayload(request.Buffer!.PayloadSpan(request.PreparedBytes));
        }
        else if (header.Command == NbdCommand.Read)
        {
            AppendRead(request, room);
        }
        else
        {
            _used += NbdReplyFormat.WriteSimple(room, header.Cookie, NbdError.None);
        }

        Count++;
        recycle(request);
    }

    private void AppendRead(NbdServerRequest request, Span<byte> room)
    {
        NbdRequestHeader header = request.Header;
        int length = (int)header.LengthBytes;
        Span<byte> data = length == 0 ? [] : request.Buffer!.PayloadSpan(length);
        if (structured && !data.ContainsAnyExcept((byte)0))
        {
            // The look at a read's data ends at its first byte that is not zero, so it costs only where it saves the sending.
            _used += length == 0 ? NbdReplyFormat.WriteNothing(room, header) : NbdReplyFormat.WriteHole(room, header);
            return;
        }

        if (length == 0)
        {
            _used += NbdReplyFormat.WriteSimple(room, header.Cookie, NbdError.None);
            return;
        }

        int headBytes = NbdReplyFormat.DataHeadBytes(structured);
        Span<byte> framed = request.Buffer!.Framed(headBytes, length);
        NbdReplyFormat.WriteDataHead(framed, header, structured);
        AppendPayload(framed);
    }

    private void AppendPayload(Span<byte> bytes)
    {
        if (bytes.Length <= LargestCopyBytes + NbdBuffer.HeadroomBytes)
        {
            bytes.CopyTo(Room(bytes.Length));
            _used += bytes.Length;
            return;
        }

        Send();
        Send(bytes);
    }

    private Span<byte> Room(int bytes)
    {
        if (_used + bytes > _out.Length)
        {
            Send();
        }

        return _out.AsSpan(_used);
    }

    /// <summary>Sends what is collected.</summary>
    public void Send()
    {
        Count = 0;
        if (_used > 0)
        {
            int used = _used;
            _used = 0;
            Send(_out.AsSpan(0, used));
        }
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        if (IsBroken)
        {
            return;
        }

        try
        {
            transport.Send(bytes);
        }
        catch (Exception exception)
        {
            Break(exception);
        }
    }

    /// <summary>The client hears nothing more; the receiving thread notices, and ends the connection once what is in flight is done.</summary>
    public void Break(Exception cause)
    {
        _isBroken = true;
        onBroken(cause);
        transport.Abort();
    }
}
