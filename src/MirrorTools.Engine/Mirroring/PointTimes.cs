using System.Buffers.Binary;

namespace MirrorTools.Engine.Mirroring;

/// <summary>The instants that travel with a point: t1, and t2 once it is committed; UTC ticks, little endian.</summary>
/// <param name="TakenAt">t1.</param>
/// <param name="CommittedAt">t2; the minimum value where there is none yet.</param>
internal readonly record struct PointTimes(DateTimeOffset TakenAt, DateTimeOffset CommittedAt)
{
    /// <summary>The encoded size.</summary>
    public const int Bytes = 16;

    /// <summary>Encodes both.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, TakenAt.UtcTicks);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), CommittedAt.UtcTicks);
        return bytes;
    }

    /// <summary>Decodes both.</summary>
    /// <returns>False where the bytes are too few or name no instant.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out PointTimes times)
    {
        times = default;
        if (bytes.Length < Bytes)
        {
            return false;
        }

        long taken = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        long committed = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        if ((ulong)taken > (ulong)DateTimeOffset.MaxValue.Ticks || (ulong)committed > (ulong)DateTimeOffset.MaxValue.Ticks)
        {
            return false;
        }

        times = new PointTimes(new DateTimeOffset(taken, TimeSpan.Zero), new DateTimeOffset(committed, TimeSpan.Zero));
        return true;
    }
}
