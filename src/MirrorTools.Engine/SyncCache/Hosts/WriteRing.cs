using System.Collections.Concurrent;
using System.Numerics;

namespace MirrorTools.Engine.SyncCache.Hosts;

/// <summary>
/// The writes that hosts have issued and that are not answered, in one order for all nodes: hosts put them in from any thread without a lock, the pair's scheduler takes them by number
/// and gives their places free in that order.
/// </summary>
internal sealed class WriteRing
{
    private readonly PendingWrite?[] _slots;
    private readonly ulong[] _published;
    private readonly ulong _mask;
    private readonly ConcurrentQueue<PendingWrite> _idle = new();
    private readonly Action _wake;
    private ulong _last;
    private ulong _released;
    private int _isAwake;

    /// <summary>Creates an empty ring.</summary>
    /// <param name="capacity">How many writes may be under way: a power of two.</param>
    /// <param name="wake">Called, on a host's thread, when a write came and the scheduler was not looking any more.</param>
    public WriteRing(int capacity, Action wake)
    {
        if (!BitOperations.IsPow2(capacity))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "A power of two is needed.");
        }

        _slots = new PendingWrite?[capacity];
        _published = new ulong[capacity];
        _mask = (ulong)capacity - 1;
        _wake = wake;
    }

    /// <summary>Writes up to this number have given their places free.</summary>
    public ulong Released => Volatile.Read(ref _released);

    /// <summary>The last number that was given; it may not be published yet.</summary>
    public ulong Last => Volatile.Read(ref _last);

    /// <summary>A write object that is not in use.</summary>
    public PendingWrite Rent() => _idle.TryDequeue(out PendingWrite? write) ? write : new PendingWrite(_idle.Enqueue);

    /// <summary>Gives back one that was not put in.</summary>
    public void Return(PendingWrite write) => _idle.Enqueue(write);

    /// <summary>Puts a write behind all others; false where the ring is full.</summary>
    public bool TryPut(PendingWrite write)
    {
        ulong number;
        ulong last = Volatile.Read(ref _last);
        while (true)
        {
            number = last + 1;
            if (number - Volatile.Read(ref _released) > (ulong)_slots.Length)
            {
                return false;
            }

            ulong seen = Interlocked.CompareExchange(ref _last, number, last);
            if (seen == last)
            {
                break;
            }

            last = seen;
        }

        write.Number = number;
        _slots[number & _mask] = write;
        Volatile.Write(ref _published[number & _mask], number);
        if (Interlocked.Exchange(ref _isAwake, 1) == 0)
        {
            _wake();
        }

        return true;
    }

    /// <summary>The scheduler looks at what is there, and will be woken for what comes later.</summary>
    public void BeginLook() => Interlocked.Exchange(ref _isAwake, 0);

    /// <summary>The write of a number; null where it is not there yet.</summary>
    public PendingWrite? At(ulong number) => Volatile.Read(ref _published[number & _mask]) == number ? _slots[number & _mask] : null;

    /// <summary>Gives the place of the next write free; the number has to be the one after <see cref="Released"/>.</summary>
    public void Release(ulong number)
    {
        _slots[number & _mask] = null;
        Volatile.Write(ref _released, number);
    }
}
