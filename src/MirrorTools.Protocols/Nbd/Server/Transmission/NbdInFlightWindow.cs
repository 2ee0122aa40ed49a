namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// How much of one connection is in flight, and the bound on it: when it is full the connection's thread stops reading, and the client's own socket holds it back.
/// </summary>
internal sealed class NbdInFlightWindow(int maxRequests, long maxBytes)
{
    private readonly object _gate = new();
    private int _requests;
    private long _bytes;

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Whether one more request with so many bytes fits now.</summary>
    public bool HasRoom(long bytes) => Volatile.Read(ref _requests) < maxRequests && Interlocked.Read(ref _bytes) + bytes <= maxBytes;

    /// <summary>Waits until one more request fits. Only the receiving thread enters, so the room can't go to another.</summary>
    public bool WaitForRoom(long bytes, TimeSpan deadline) => Wait(() => HasRoom(bytes), deadline);

    /// <summary>Waits until nothing is in flight.</summary>
    public bool WaitUntilIdle(TimeSpan deadline) => Wait(() => _requests == 0, deadline);

    public void Enter(long bytes)
    {
        lock (_gate)
        {
            _requests++;
            _bytes += bytes;
        }
    }

    public void Leave(long bytes)
    {
        lock (_gate)
        {
            _requests--;
            _bytes -= bytes;
            Monitor.PulseAll(_gate);
        }
    }

    private bool Wait(Func<bool> holds, TimeSpan deadline)
    {
        long giveUpAtMs = Environment.TickCount64 + (long)deadline.TotalMilliseconds;
        lock (_gate)
        {
            while (!holds())
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
    }
}
