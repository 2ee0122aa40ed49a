using System.Runtime.CompilerServices;

namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// A payload in pinned memory with room for a reply's head right before it, so that head and payload leave in one send without a copy.
/// The payload's address is 4 KiB aligned, for exports that open their files with O_DIRECT.
/// </summary>
internal sealed unsafe class NbdBuffer
{
    private const int AlignmentBytes = 4096;

    private readonly byte[] _array;
    private readonly int _payloadIndex;

    public NbdBuffer(int capacityBytes)
    {
        _array = GC.AllocateUninitializedArray<byte>(capacityBytes + (2 * AlignmentBytes), pinned: true);
        CapacityBytes = capacityBytes;
        nuint address = (nuint)Unsafe.AsPointer(ref _array[0]);
        nuint aligned = (address + HeadroomBytes + AlignmentBytes - 1) & ~(nuint)(AlignmentBytes - 1);
        _payloadIndex = (int)(aligned - address);
    }

    /// <summary>The largest head that fits before the payload.</summary>
    public const int HeadroomBytes = 64;

    public int CapacityBytes { get; }

    public Memory<byte> Payload(int lengthBytes) => new(_array, _payloadIndex, lengthBytes);

    public Span<byte> PayloadSpan(int lengthBytes) => new(_array, _payloadIndex, lengthBytes);

    /// <summary>The payload with <paramref name="headBytes"/> before it.</summary>
    public Span<byte> Framed(int headBytes, int lengthBytes) => new(_array, _payloadIndex - headBytes, headBytes + lengthBytes);
}
