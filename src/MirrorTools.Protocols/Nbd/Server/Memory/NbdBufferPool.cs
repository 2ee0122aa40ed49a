using System.Numerics;

namespace MirrorTools.Protocols.Nbd;

/// <summary>Buffers in sizes of powers of two from 16 KiB to 32 MiB, kept for reuse up to a bound. Thread-safe.</summary>
internal sealed class NbdBufferPool
{
    private const int SmallestShift = 14;
    private const int LargestShift = 25;

    private readonly Lock _gate = new();
    private readonly Stack<NbdBuffer>[] _free = new Stack<NbdBuffer>[LargestShift - SmallestShift + 1];
    private readonly long _maxRetainedBytes;
    private long _retainedBytes;

    public NbdBufferPool(long maxRetainedBytes)
    {
        _maxRetainedBytes = maxRetainedBytes;
        for (int index = 0; index < _free.Length; index++)
        {
            _free[index] = new Stack<NbdBuffer>();
        }
    }

    /// <summary>The capacity a payload of this length is given: what it costs of a memory budget.</summary>
    public static int CapacityFor(int lengthBytes) => 1 << ShiftFor(lengthBytes);

    public NbdBuffer Rent(int lengthBytes)
    {
        int shift = ShiftFor(lengthBytes);
        lock (_gate)
        {
            if (_free[shift - SmallestShift].TryPop(out NbdBuffer? buffer))
            {
                _retainedBytes -= buffer.CapacityBytes;
                return buffer;
            }
        }

        return new NbdBuffer(1 << shift);
    }

    public void Return(NbdBuffer buffer)
    {
        lock (_gate)
        {
            if (_retainedBytes + buffer.CapacityBytes <= _maxRetainedBytes)
            {
                _retainedBytes += buffer.CapacityBytes;
                _free[ShiftFor(buffer.CapacityBytes) - SmallestShift].Push(buffer);
            }
        }
    }

    private static int ShiftFor(int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, 1 << LargestShift);
        return Math.Max(SmallestShift, BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Max(lengthBytes, 1))));
    }
}
