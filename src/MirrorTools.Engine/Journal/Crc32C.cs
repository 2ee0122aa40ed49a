using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MirrorTools.Engine.Journal;

/// <summary>CRC-32C (Castagnoli) as iSCSI and ext4 use it: initial value and final XOR of all ones. The processor's own instruction where it has one.</summary>
public static class Crc32C
{
    /// <summary>The state to start an incremental checksum with.</summary>
    public const uint Initial = 0xFFFF_FFFF;

    /// <summary>The checksum of <paramref name="bytes"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Finish(Append(Initial, bytes));

    /// <summary>Goes on with a checksum over more bytes.</summary>
    /// <param name="state"><see cref="Initial"/>, or what an earlier call returned.</param>
    /// <param name="bytes">The next bytes.</param>
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        int wholeBytes = bytes.Length & ~(sizeof(ulong) - 1);
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes[..wholeBytes]))
        {
            state = BitOperations.Crc32C(state, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (byte value in bytes[wholeBytes..])
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    /// <summary>Turns a state into the checksum.</summary>
    public static uint Finish(uint state) => ~state;
}
