using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Operations;

namespace MirrorTools.Agent.Operations;

/// <summary>One long operation.</summary>
internal sealed class Operation(string kind, string target, long bytesTotal, TimeProvider time)
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private Task _run = Task.CompletedTask;
    private long _bytesDone;
    private OperationState _state = OperationState.Running;
    private ErrorBody? _error;

    /// <summary>Its id.</summary>
    public string Id { get; } = Guid.NewGuid().ToString();

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>True once it has ended.</summary>
    public bool IsEnded => EndedAt is not null;

    /// <summary>Begins the work.</summary>
    public void Run(Func<Operation, CancellationToken, Task> work) => _run = RunAsync(work);

    /// <summary>Tells of progress.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _bytesDone, bytes);

    /// <summary>Cancels it and waits for its end.</summary>
    public async Task CancelAsync()
    {
        await _cancel.CancelAsync();
        await _run;
    }

    /// <summary>The contract's form.</summary>
    public OperationInfo ToInfo()
    {
        var done = Math.Min(Interlocked.Read(ref _bytesDone), bytesTotal);
        var elapsed = ((EndedAt ?? time.GetUtcNow()) - _startedAt).TotalSeconds;
        var rate = elapsed > 0 ? (long)(done / elapsed) : 0;
        return new OperationInfo
        {
            Id = Id,
            Kind = kind,
            Target = target,
            State = _state.ToString(),
            StartedAt = WireTime.Write(_startedAt),
            EndedAt = WireTime.Write(EndedAt),
            BytesTotal = bytesTotal,
            BytesDone = done,
            BytesPerSecond = rate,
            TimeLeftMs = !IsEnded && rate > 0 ? (bytesTotal - done) * 1000 / rate : null,
            Error = _error,
        };
    }

    private async Task RunAsync(Func<Operation, CancellationToken, Task> work)
    {
        await Task.Yield();
        try
        {
            await work(this, _cancel.Token);
            Interlocked.Exchange(ref _bytesDone, bytesTotal);
            _state = OperationState.Succeeded;
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            _error = ErrorTable.Body(ErrorIds.OperationCanceled, $"{kind} of '{target}' was canceled.", target);
            _state = OperationState.Canceled;
        }
        catch (Exception error)
        {
            _error = ErrorTable.Body(ErrorTranslation.Translate(error));
            _state = OperationState.Failed;
        }

        EndedAt = time.GetUtcNow();
    }
}
