using System.Text;
using MirrorTools.Engine.Link.Frames;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Link;

/// <summary>The control plane's requests: the own ones that wait for an answer, and the peer's that are being handled.</summary>
internal sealed class LinkRequestTable(LinkSession session)
{
    private readonly Dictionary<ulong, TaskCompletionSource<ReadOnlyMemory<byte>>> _waiting = [];
    private ulong _nextId = 1;
    private int _handling;

    /// <summary>Whether nothing that either side asked waits for its answer.</summary>
    public bool AreAllAnswered
    {
        get
        {
            lock (session.Gate)
            {
                return _waiting.Count == 0 && _handling == 0;
            }
        }
    }

    /// <summary>Asks the peer and waits for its answer.</summary>
    public async Task<ReadOnlyMemory<byte>> AskAsync(
        string method, ReadOnlyMemory<byte> json, TimeSpan deadline, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Encoding.UTF8.GetByteCount(method), LinkProtocol.MaxMethodBytes, nameof(method));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(json.Length, LinkProtocol.MaxRequestBodyBytes, nameof(json));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(deadline, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();

        // A copy, since the frame may still wait to be sent when the caller has given up.
        byte[] body = json.ToArray();
        var answer = new TaskCompletionSource<ReadOnlyMemory<byte>>(TaskCreationOptions.RunContinuationsAsynchronously);
        OutgoingControl frame;
        ulong id;
        lock (session.Gate)
        {
            session.ThrowIfEnded();
            id = _nextId++;
            var head = new RequestHead(id, (uint)Math.Min(deadline.TotalMilliseconds, uint.MaxValue), method);
            frame = new OutgoingControl(LinkFrameType.Request, channel: 0, bytes => head.Write(bytes), body);
            if (_waiting.Count >= session.Options.MaxRequests || !session.Queue.TryAddControl(frame))
            {
                throw new LinkRequestException(LinkRequestException.Busy, $"{_waiting.Count} requests wait for the peer already.");
            }

            _waiting.Add(id, answer);
        }

        try
        {
            return await answer.Task.WithDeadline(deadline, session.Time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new LinkRequestException(LinkRequestException.DeadlineExceeded, $"The peer did not answer '{method}' within {deadline}.", e);
        }
        finally
        {
            lock (session.Gate)
            {
                _waiting.Remove(id);
                if (frame.State == OutgoingState.Queued)
                {
                    frame.State = OutgoingState.Dropped;
                }
            }
        }
    }

    /// <summary>The session ends: nobody waits for an answer any more. Called under the gate.</summary>
    public void EndAll(LinkClosedException failure)
    {
        foreach (var answer in _waiting.Values)
        {
            answer.TrySetException(failure.Again());
        }

        _waiting.Clear();
    }

    /// <summary>The peer answers.</summary>
    public void OnResponse(byte[] payload)
    {
        if (!ResponseHead.TryRead(payload, out var head, out int headBytes))
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "The peer sent a malformed response.");
        }

        lock (session.Gate)
        {
            if (head.Id == 0 || head.Id >= _nextId)
            {
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"The peer answered request {head.Id}, which was never asked.");
            }

            // A late answer to a request that was given up finds nobody.
            if (_waiting.Remove(head.Id, out var answer))
            {
                var body = payload.AsMemory(headBytes);
                if (head.ErrorId.Length == 0)
                {
                    answer.TrySetResult(body);
                }
                else
                {
                    answer.TrySetException(new LinkRequestException(head.ErrorId, Encoding.UTF8.GetString(body.Span)));
                }
            }
        }
    }

    /// <summary>The peer asks.</summary>
    public void OnRequest(byte[] payload)
    {
        if (!RequestHead.TryRead(payload, out var head, out int headBytes))
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "The peer sent a malformed request.");
        }

        bool busy;
        lock (session.Gate)
        {
            busy = _handling >= session.Options.MaxRequests;
            _handling += busy ? 0 : 1;
        }

        if (busy)
        {
            Answer(head.Id, LinkRequestException.Busy, Encoding.UTF8.GetBytes("The agent handles too many requests already."), done: null);
        }
        else
        {
            _ = HandleAsync(head, payload.AsMemory(headBytes));
        }
    }

    private async Task HandleAsync(RequestHead head, ReadOnlyMemory<byte> json)
    {
        // The handler may take its time; the receive loop goes on meanwhile.
        await Task.Yield();
        string errorId = "";
        ReadOnlyMemory<byte> body;
        try
        {
            body = await InvokeAsync(head, json);
            if (body.Length > LinkProtocol.MaxRequestBodyBytes)
            {
                throw new LinkRequestException(LinkRequestException.HandlerFailed, $"The answer to '{head.Method}' has {body.Length} bytes.");
            }
        }
        catch (LinkRequestException e)
        {
            errorId = e.ErrorId;
            body = Encoding.UTF8.GetBytes(e.Message);
        }
        catch (Exception e)
        {
            LinkLog.HandlerFailed(session.Logger, e, head.Method, session.SessionId);
            errorId = LinkRequestException.HandlerFailed;
            body = Encoding.UTF8.GetBytes($"'{head.Method}' failed: {e.Message}");
        }

        // The place is free only when the answer has left, so that a peer that asks and does not read is bounded.
        Answer(head.Id, errorId, body, done: Finished);
    }

    private async Task<ReadOnlyMemory<byte>> InvokeAsync(RequestHead head, ReadOnlyMemory<byte> json)
    {
        if (!session.Options.RequestHandlers.TryGetValue(head.Method, out var handler))
        {
            throw new LinkRequestException(
                LinkRequestException.UnknownMethod, $"The agent knows no request '{head.Method}'; its software may be older.");
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Clamp(head.DeadlineMs, 1u, int.MaxValue)), session.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, session.Ended);
        return await handler(new LinkRequest(session.PeerAgentId, session.SessionId, head.Method, json), either.Token);
    }

    private void Answer(ulong id, string errorId, ReadOnlyMemory<byte> body, Action? done)
    {
        var head = new ResponseHead(id, errorId);
        bool ended, queued = false;
        lock (session.Gate)
        {
            ended = session.Failure is not null;
            if (!ended)
            {
                queued = session.Queue.TryAddControl(
                    new OutgoingControl(LinkFrameType.Response, channel: 0, bytes => head.Write(bytes), body, done));
            }
        }

        if (!ended && !queued)
        {
            session.CutForOverflow();
        }
    }

    private void Finished()
    {
        lock (session.Gate)
        {
            _handling--;
        }
    }
}
