namespace MirrorTools.Engine.Journal;

/// <summary>Lets one asynchronous operation in at a time, in the order of arrival, and goes on on the scheduler of whoever waits.</summary>
internal sealed class SerialGate
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = [];
    private bool _isTaken;

    /// <summary>Waits for the turn; disposing what it returns gives it on.</summary>
    public async ValueTask<Turn> EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (!_isTaken)
            {
                _isTaken = true;
                return new Turn(this);
            }

            _waiting.Enqueue(turn);
        }

        using CancellationTokenRegistration registration = cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken));
        await turn.Task;
        return new Turn(this);
    }

    private void Leave()
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out TaskCompletionSource? next))
            {
                if (next.TrySetResult())
                {
                    return;
                }
            }

            _isTaken = false;
        }
    }

    /// <summary>The right to be inside.</summary>
    public readonly struct Turn(SerialGate gate) : IDisposable
    {
        public void Dispose() => gate.Leave();
    }
}
