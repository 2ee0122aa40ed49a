namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// Sends the replies of one connection. Small ones are collected and leave together; a large read leaves from its own buffer, head and data in one send. Requests that
/// complete on the receiving thread are answered by it; the others are queued for a second thread, started when the first of them completes, so that no export's
/// thread ever waits for a slow client.
/// </summary>
internal sealed class NbdReplySender : IDisposable
{
    /// <summary>Data up to this size is copied to leave with its neighbours: cheaper than a send of its own.</summary>
    private const int LargestCopyBytes = 16 * 1024;

    private const int BufferBytes = 128 * 1024;

    /// <summary>Replies leave at the latest in batches of this size, so that the client works on them while the server goes on.</summary>
    private const int MaxBatchBytes = 64 * 1024;

    private readonly NbdTransport _transport;
    private readonly bool _structured;
    private readonly Action<NbdServerRequest> _recycle;
    private readonly Action<Exception> _onBroken;
    private readonly Lock _sendGate = new();
    private readonly object _queueGate = new();
    private readonly byte[] _out = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly string _threadName;
    private int _used;
    private int _batched;
    private volatile bool _broken;
    private NbdServerRequest? _first;
    private NbdServerRequest? _last;
    private Thread? _thread;
    private bool _stopped;
    private bool _abandoned;

    public NbdReplySender(
        NbdTransport transport, bool structured, string threadName, Action<NbdServerRequest> recycle, Action<Exception> onBroken)
    {
        _transport = transport;
        _structured = structured;
        _threadName = threadName;
        _recycle = recycle;
        _onBroken = onBroken;
    }

    /// <summary>How many replies are collected before they leave although more requests are at hand.</summary>
    public int MaxBatch { get; init; } = 16;

    /// <summary>Answers a request on the receiving thread; the reply leaves with the next <see cref="Flush"/> at the latest.</summary>
    public void Add(NbdServerRequest request)
    {
        lock (_sendGate)
        {
            Append(request);
            if (_used >= MaxBatchBytes || _batched >= MaxBatch)
            {
                SendCollected();
            }
        }
    }

    /// <summary>Sends what is collected.</summary>
    public void Flush()
    {
        if (_used == 0)
        {
            return;
        }

        lock (_sendGate)
        {
            SendCollected();
        }
    }

    /// <summary>
    /// Answers a request that completed on a thread of the export: at once where the reply is small and the client's socket has room for it, which saves a
    /// wake-up, else by the sending thread. Never blocks on the client.
    /// </summary>
    public void Post(NbdServerRequest request)
    {
        if (TrySendNow(request))
        {
            return;
        }

        lock (_queueGate)
        {
            if (!_abandoned && HasThread())
            {
                Enqueue(request);
                return;
            }
        }

        _recycle(request);
    }

    /// <summary>Answers nothing any more; requests that complete from now on only give their memory back.</summary>
    public void Abandon()
    {
        lock (_queueGate)
        {
            _stopped = _abandoned = true;
            Monitor.Pulse(_queueGate);
        }
    }

    /// <summary>Ends the sending thread once its queue is empty.</summary>
    public void Dispose()
    {
        Thread? thread;
        lock (_queueGate)
        {
            _stopped = true;
            Monitor.Pulse(_queueGate);
            thread = _thread;
        }

        thread?.Join();
    }

    private bool TrySendNow(NbdServerRequest request)
    {
        bool isSmall = request.PreparedBytes == 0 && (request.Header.Command != NbdCommand.Read || request.Header.LengthBytes <= LargestCopyBytes);
        if (!isSmall || !_sendGate.TryEnter())
        {
            return false;
        }

        try
        {
            if (_used > 0 || _broken || Volatile.Read(ref _first) is not null || !_transport.HasRoomToSend)
            {
                return false;
            }

            Append(request);
            SendCollected();
            return true;
        }
        finally
        {
            _sendGate.Exit();
        }
    }

    private void Enqueue(NbdServerRequest request)
    {
        if (_last is null)
        {
            _first = request;
        }
        else
        {
            _last.Next = request;
        }

        _last = request;
        Monitor.Pulse(_queueGate);
    }

    private bool HasThread()
    {
        if (_thread is not null)
        {
            return true;
        }

        try
        {
            var thread = new Thread(SendPosted, maxStackSize: 256 * 1024) { IsBackground = true, Name = _threadName };
            thread.Start();
            _thread = thread;
            return true;
        }
        catch (OutOfMemoryException exception)
        {
            // The system has no thread left; this runs on the export's thread, which must not suffer for it.
            Break(exception);
            return false;
        }
    }

    private void SendPosted()
    {
        NbdServerRequest? request;
        while ((request = TakePosted()) is not null)
        {
            lock (_sendGate)
            {
                while (request is not null)
                {
                    NbdServerRequest? next = request.Next;
                    Append(request);
                    request = next;
                }

                SendCollected();
            }
        }
    }

    private NbdServerRequest? TakePosted()
    {
        lock (_queueGate)
        {
            while (_first is null && !_stopped)
            {
                Monitor.Wait(_queueGate);
            }

            NbdServerRequest? all = _first;
            _first = _last = null;
            return all;
        }
    }

    private void Append(NbdServerRequest request)
    {
        Span<byte> room = Room(NbdReplyFormat.LargestSmallReplyBytes);
        NbdRequestHeader header = request.Header;
        if (request.Error != NbdError.None)
        {
            _used += _structured
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

        _batched++;
        _recycle(request);
    }

    private void AppendRead(NbdServerRequest request, Span<byte> room)
    {
        NbdRequestHeader header = request.Header;
        int length = (int)header.LengthBytes;
        Span<byte> data = length == 0 ? [] : request.Buffer!.PayloadSpan(length);
        if (_structured && !data.ContainsAnyExcept((byte)0))
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

        int headBytes = NbdReplyFormat.DataHeadBytes(_structured);
        Span<byte> framed = request.Buffer!.Framed(headBytes, length);
        NbdReplyFormat.WriteDataHead(framed, header, _structured);
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

        SendCollected();
        Send(bytes);
    }

    private Span<byte> Room(int bytes)
    {
        if (_used + bytes > _out.Length)
        {
            SendCollected();
        }

        return _out.AsSpan(_used);
    }

    private void SendCollected()
    {
        _batched = 0;
        if (_used > 0)
        {
            int used = _used;
            _used = 0;
            Send(_out.AsSpan(0, used));
        }
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        if (_broken)
        {
            return;
        }

        try
        {
            _transport.Send(bytes);
        }
        catch (Exception exception)
        {
            Break(exception);
        }
    }

    /// <summary>The client hears nothing more; the receiving thread notices, and ends the connection once what is in flight is done.</summary>
    private void Break(Exception cause)
    {
        _broken = true;
        _onBroken(cause);
        _transport.Abort();
    }
}
