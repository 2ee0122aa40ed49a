namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// One request in flight. Objects are reused, so that a request allocates nothing: the continuation of an incomplete export operation is
/// a method of this object, its delegate made once.
/// </summary>
internal sealed class NbdServerRequest
{
    private readonly NbdTransmission _owner;
    private readonly Action _onCompleted;
    private ValueTask _operation;

    public NbdServerRequest(NbdTransmission owner)
    {
        _owner = owner;
        _onCompleted = OnCompleted;
    }

    public NbdRequestHeader Header { get; private set; }

    /// <summary>The payload's buffer; null where the request has none.</summary>
    public NbdBuffer? Buffer { get; private set; }

    /// <summary>How the request ended.</summary>
    public NbdError Error { get; private set; }

    /// <summary>A sentence for the client about <see cref="Error"/>.</summary>
    public string? Complaint { get; private set; }

    /// <summary>For block status: how many bytes of <see cref="Buffer"/> are the reply, ready to send.</summary>
    public int PreparedBytes { get; set; }

    /// <summary>The next one in the queue of those that wait to be answered.</summary>
    public NbdServerRequest? Next { get; set; }

    public void Reset(in NbdRequestHeader header, NbdBuffer? buffer)
    {
        Header = header;
        Buffer = buffer;
        Error = NbdError.None;
        Complaint = null;
        PreparedBytes = 0;
        Next = null;
    }

    /// <summary>Gives the buffer up, to be returned to its pool.</summary>
    public NbdBuffer? TakeBuffer()
    {
        NbdBuffer? buffer = Buffer;
        Buffer = null;
        return buffer;
    }

    public void Fail(NbdError error, string? complaint) => (Error, Complaint) = (error, complaint);

    /// <summary>Issues the request; true where it is complete on return, else the owner hears of it later.</summary>
    public bool Start()
    {
        try
        {
            _operation = _owner.Issue(this);
        }
        catch (Exception exception)
        {
            _operation = default;
            _owner.Explain(this, exception);
            return true;
        }

        if (_operation.IsCompleted)
        {
            Finish();
            return true;
        }

        _operation.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_onCompleted);
        return false;
    }

    private void OnCompleted()
    {
        Finish();
        _owner.CompleteLater(this);
    }

    private void Finish()
    {
        ValueTask operation = _operation;
        _operation = default;
        try
        {
            operation.GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            _owner.Explain(this, exception);
        }
    }
}
