namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// Sends the replies of one connection. Requests that complete on the receiving thread are answered by it; the others are queued for a second thread, started when the
/// first of them completes, so that no export's thread ever waits for a slow client.
/// </summary>
internal sealed class NbdReplySender : IDisposable
{
    private readonly NbdTransport _transport;
    private readonly Action<NbdServerRequest> _recycle;
    private readonly NbdReplyBatch _batch;
    private readonly Lock _sendGate = new();
    private readonly object _queueGate = new();
    private readonly string _threadName;
    private NbdServerRequest? _first;
    private NbdServerRequest? _last;
    private Thread? _thread;
    private bool _stopped;
    private bool _abandoned;

    public NbdReplySender(
        NbdTransport transport, bool structured, string threadName, Action<NbdServerRequest> recycle, Action<Exception> onBroken)
    {
        _transport = transport;
        _threadName = threadName;
        _recycle = recycle;
        _batch = new NbdReplyBatch(transport, structured, recycle, onBroken);
    }

    /// <summary>How many replies are collected before they leave although more requests are at hand.</summary>
    public int MaxBatch { get; init; } = 16;

    /// <summary>Answers a request on the receiving thread; the reply leaves with the next <see cref="Flush"/> at the latest.</summary>
    public void Add(NbdServerRequest request)
    {
        lock (_sendGate)
        {
            _batch.Append(request);
            if (_batch.IsFull || _batch.Count >= MaxBatch)
            {
                _batch.Send();
            }
        }
    }

    /// <summary>Sends what is collected.</summary>
    public void Flush()
    {
        if (_batch.IsEmpty)
        {
            return;
        }

        lock (_sendGate)
        {
            _batch.Send();
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
        bool isSmall = request.PreparedBytes == 0 && (request.Header.Command != NbdCommand.Read || request.Header.LengthBytes <= NbdReplyBatch.LargestCopyBytes);
        if (!isSmall || !_sendGate.TryEnter())
        {
            return false;
        }

        try
        {
            if (!_batch.IsEmpty || _batch.IsBroken || Volatile.Read(ref _first) is not null || !_transport.HasRoomToSend)
            {
                return false;
            }

            _batch.Append(request);
            _batch.Send();
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
            _batch.Break(exception);
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
                    _batch.Append(request);
                    request = next;
                }

                _batch.Send();
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
}
