namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// A bound on payload bytes in flight. Taking from it is one interlocked add; only a taker that finds it used up waits, on the thread of its own connection.
/// </summary>
internal sealed class NbdByteBudget(long totalBytes)
{
    private readonly object _gate = new();
    private long _usedBytes;
    private int _waiters;

    public long UsedBytes => Interlocked.Read(ref _usedBytes);

    /// <summary>Takes bytes; false where they did not become free within the deadline.</summary>
    public bool TryTake(long bytes, TimeSpan deadline)
    {
        if (TryTakeNow(bytes))
        {
            return true;
        }

        long giveUpAtMs = Environment.TickCount64 + (long)deadline.TotalMilliseconds;
        lock (_gate)
        {
            Interlocked.Increment(ref _waiters);
            try
            {
                while (!TryTakeNow(bytes))
                {
                    long leftMs = giveUpAtMs - Environment.TickCount64;
                    if (leftMs <= 0)
                    {
                        return false;
                    }

                    Monitor.Wait(_gate, (int)Math.Min(leftMs, int.MaxValue));
                }

                return true;
            }
            finally
            {
                Interlocked.Decrement(ref _waiters);
            }
        }
    }

    public void Return(long bytes)
    {
        Interlocked.Add(ref _usedBytes, -bytes);
        if (Volatile.Read(ref _waiters) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Takes bytes where they are free now.</summary>
    public bool TryTakeNow(long bytes)
    {
        if (Interlocked.Add(ref _usedBytes, bytes) <= totalBytes)
        {
            return true;
        }

        Interlocked.Add(ref _usedBytes, -bytes);
        return false;
    }
}
