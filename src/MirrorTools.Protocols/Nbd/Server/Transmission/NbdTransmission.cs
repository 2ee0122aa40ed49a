using Microsoft.Extensions.Logging;

namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// The transmission phase of one connection. Its thread receives requests, issues them to the export in the order they came and answers those that complete at once;
/// it sends what it has collected before it may block.
/// </summary>
internal sealed class NbdTransmission : IDisposable
{
    /// <summary>
    /// While writes from here on arrive, their payloads are received in place instead of through the input buffer. For smaller ones the copy costs less than
    /// the receives that it saves (docs/decisions/0020-nbd-threads.md).
    /// </summary>
    private const int DirectPayloadBytes = 128 * 1024;

    private const int DirectReceiveLimitBytes = 4096;
    private const long LargestSkippedPayloadBytes = 64L * 1024 * 1024;
    private const int MaxFaultsLogged = 10;

    private readonly NbdConnection _connection;
    private readonly NbdServerContext _server;
    private readonly INbdExport _export;
    private readonly NbdInput _input;
    private readonly NbdRequestCheck _check;
    private readonly NbdBlockStatus _status;
    private readonly NbdReplySender _replies;
    private readonly NbdInFlightWindow _window;
    private readonly Lock _freeGate = new();
    private readonly Stack<NbdServerRequest> _free = new();
    private readonly CancellationToken _cutOff;
    private int _faultsLogged;
    private long _served;

    public NbdTransmission(NbdConnection connection, NbdServerContext server, NbdInput input, NbdSession session, CancellationToken cutOff)
    {
        _connection = connection;
        _server = server;
        _export = session.Export;
        _input = input;
        _check = new NbdRequestCheck(_export, session.StructuredReplies, session.Contexts.Count > 0);
        _status = new NbdBlockStatus(_export, session.Contexts);
        _replies = new NbdReplySender(connection.Transport, session.StructuredReplies, $"nbd-{connection.Id}-send", Recycle, OnBroken);
        _window = new NbdInFlightWindow(server.Options.MaxRequestsPerConnection, server.Options.MaxBytesPerConnection);
        _cutOff = cutOff;
    }

    /// <summary>How many requests have been answered.</summary>
    public long Served => Volatile.Read(ref _served);

    /// <summary>Serves until the client disconnects, goes away or breaks the protocol, or <paramref name="draining"/> says to stop.</summary>
    /// <exception cref="IOException">The client broke the protocol or the connection.</exception>
    public void Run(Func<bool> draining)
    {
        while (!draining())
        {
            if (_input.Buffered.Length < NbdRequestHeader.Size)
            {
                _replies.Flush();
                if (!_input.TryFill(NbdRequestHeader.Size, mayIdle: true))
                {
                    return;
                }
            }

            if (!NbdRequestHeader.TryRead(_input.Buffered, out NbdRequestHeader header))
            {
                throw new IOException("The client sent no request where one was due.");
            }

            _input.Consume(NbdRequestHeader.Size);
            if (header.Command == NbdCommand.Disconnect)
            {
                return;
            }

            Serve(header);
        }
    }

    /// <summary>Lets what is in flight finish and be answered; false where the deadline passed first.</summary>
    public bool Finish(TimeSpan deadline)
    {
        _replies.Flush();
        return _window.WaitUntilIdle(deadline);
    }

    /// <summary>Ends the sending; to be called when nothing is in flight.</summary>
    public void Dispose() => _replies.Dispose();

    /// <summary>Ends without waiting for what is in flight: it will find nobody to answer.</summary>
    public void Abandon() => _replies.Abandon();

    /// <summary>Calls the export. Exceptions are the caller's to explain.</summary>
    public ValueTask Issue(NbdServerRequest request)
    {
        NbdRequestHeader header = request.Header;
        long offset = (long)header.OffsetBytes;
        int payloadBytes = (int)Math.Min(header.LengthBytes, int.MaxValue);
        return header.Command switch
        {
            NbdCommand.Read when payloadBytes == 0 => default,
            NbdCommand.Write when payloadBytes == 0 => default,
            NbdCommand.Read => _export.ReadAsync(offset, request.Buffer!.Payload(payloadBytes), _cutOff),
            NbdCommand.Write => _export.WriteAsync(offset, request.Buffer!.Payload(payloadBytes), OptionsOf(header.Flags), _cutOff),
            NbdCommand.WriteZeroes => _export.WriteZeroesAsync(offset, header.LengthBytes, OptionsOf(header.Flags), _cutOff),
            NbdCommand.Trim => _export.TrimAsync(offset, header.LengthBytes, OptionsOf(header.Flags), _cutOff),
            NbdCommand.Flush => _export.FlushAsync(_cutOff),
            NbdCommand.Cache => _export.CacheAsync(offset, header.LengthBytes, _cutOff),
            NbdCommand.BlockStatus => _status.PrepareAsync(request, _cutOff),
            _ => throw new NbdException(NbdError.Invalid, "The command is not known."),
        };
    }

    /// <summary>Turns an exception of the export into the request's error.</summary>
    public void Explain(NbdServerRequest request, Exception fault)
    {
        NbdError error = Translate(fault);
        request.Fail(error, fault is NbdException ? fault.Message : null);
        if (Interlocked.Increment(ref _faultsLogged) <= MaxFaultsLogged)
        {
            _server.Logger.RequestFailed(_connection.Id, _export.Name, request.Header.Command, request.Header.OffsetBytes, error, fault);
        }
    }

    private NbdError Translate(Exception fault)
    {
        try
        {
            return _export.Translate(fault);
        }
        catch (Exception exception)
        {
            _server.Logger.Unexpected(_connection.Id, exception);
            return NbdError.InputOutput;
        }
    }

    private void OnBroken(Exception cause) => _server.Logger.Broken(_connection.Id, _connection.Peer, Served, cause.Message, cause);

    /// <summary>Answers a request that completed on another thread.</summary>
    public void CompleteLater(NbdServerRequest request) => _replies.Post(request);

    private void Serve(in NbdRequestHeader header)
    {
        NbdError error = _check.Check(header, out string? complaint);
        if (error == NbdError.None && _export.RefusalReason is string reason)
        {
            (error, complaint) = (NbdError.ShuttingDown, reason);
        }

        int payloadBytes = PayloadBytes(header, error);
        if (error == NbdError.None && payloadBytes > 0 && !TakeMemory(payloadBytes))
        {
            (error, complaint, payloadBytes) = (NbdError.NoMemory, "The server's memory budget is used up.", 0);
        }
        else if (payloadBytes == 0)
        {
            WaitForRoom(0);
        }

        NbdServerRequest request = Rent(header, payloadBytes);
        if (header.Command == NbdCommand.Write)
        {
            try
            {
                ReceivePayload(request, header, error);
            }
            catch
            {
                Recycle(request);
                throw;
            }
        }

        if (error != NbdError.None)
        {
            request.Fail(error, complaint);
            _replies.Add(request);
        }
        else if (request.Start())
        {
            _replies.Add(request);
        }
    }

    private int PayloadBytes(in NbdRequestHeader header, NbdError error)
    {
        if (error != NbdError.None)
        {
            return 0;
        }

        return header.Command switch
        {
            NbdCommand.Read or NbdCommand.Write => (int)header.LengthBytes,
            NbdCommand.BlockStatus => _status.MaxReplyBytes,
            _ => 0,
        };
    }

    /// <summary>Takes the payload into the request's buffer, or, where the request can't be served, off the wire.</summary>
    private void ReceivePayload(NbdServerRequest request, in NbdRequestHeader header, NbdError error)
    {
        if (error == NbdError.None)
        {
            if (header.LengthBytes > 0)
            {
                _input.ReadExactly(request.Buffer!.PayloadSpan((int)header.LengthBytes));
            }

            _input.ReceiveLimitBytes = header.LengthBytes >= DirectPayloadBytes ? DirectReceiveLimitBytes : NbdInput.NoLimitBytes;
            return;
        }

        if (header.LengthBytes > LargestSkippedPayloadBytes)
        {
            throw new IOException($"The client announced a payload of {header.LengthBytes} bytes.");
        }

        _input.Skip(header.LengthBytes);
    }

    private void WaitForRoom(long bytes)
    {
        if (!_window.HasRoom(bytes))
        {
            _replies.Flush();
            if (!_window.WaitForRoom(bytes, Timeout))
            {
                throw new IOException("Requests in flight did not complete within the deadline.");
            }
        }
    }

    private bool TakeMemory(int payloadBytes)
    {
        int capacity = NbdBufferPool.CapacityFor(payloadBytes);
        WaitForRoom(capacity);
        if (_server.Budget.TryTakeNow(capacity))
        {
            return true;
        }

        _replies.Flush();
        return _server.Budget.TryTake(capacity, _server.Options.StallDeadline);
    }

    private NbdServerRequest Rent(in NbdRequestHeader header, int payloadBytes)
    {
        NbdServerRequest? request;
        lock (_freeGate)
        {
            _free.TryPop(out request);
        }

        request ??= new NbdServerRequest(this);
        NbdBuffer? buffer = payloadBytes > 0 ? _server.Buffers.Rent(payloadBytes) : null;
        request.Reset(header, buffer);
        _window.Enter(buffer?.CapacityBytes ?? 0);
        return request;
    }

    private void Recycle(NbdServerRequest request)
    {
        long bytes = 0;
        if (request.TakeBuffer() is NbdBuffer buffer)
        {
            bytes = buffer.CapacityBytes;
            _server.Buffers.Return(buffer);
            _server.Budget.Return(bytes);
        }

        Interlocked.Increment(ref _served);
        lock (_freeGate)
        {
            _free.Push(request);
        }

        _window.Leave(bytes);
    }

    private static NbdWriteOptions OptionsOf(ushort flags)
    {
        NbdWriteOptions options = (flags & NbdProtocol.CommandFua) != 0 ? NbdWriteOptions.ForceUnitAccess : NbdWriteOptions.None;
        options |= (flags & NbdProtocol.CommandNoHole) != 0 ? NbdWriteOptions.NoHole : NbdWriteOptions.None;
        return options | ((flags & NbdProtocol.CommandFastZero) != 0 ? NbdWriteOptions.FastZero : NbdWriteOptions.None);
    }

    private TimeSpan Timeout => _server.Options.StallDeadline;
}
