using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The payload of an NBD_REPLY_TYPE_OFFSET_HOLE chunk: a range that reads as zeros.</summary>
/// <param name="OffsetBytes">Where it starts in the export.</param>
/// <param name="LengthBytes">How long it is.</param>
/// <remarks>
/// <code>
///  0                8        12
/// +----------------+--------+
/// | offset         | length |
/// +----------------+--------+
/// </code>
/// </remarks>
public readonly record struct NbdHoleChunk(ulong OffsetBytes, uint LengthBytes)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 12;

    private const int LengthOffset = 8;

    /// <summary>Reads the payload; false where it is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdHoleChunk chunk)
    {
        chunk = default;
        if (source.Length < Size)
        {
            return false;
        }

        chunk = new NbdHoleChunk(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt32BigEndian(source[LengthOffset..]));
        return true;
    }

    /// <summary>Writes the payload.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, OffsetBytes);
        BinaryPrimitives.WriteUInt32BigEndian(destination[LengthOffset..], LengthBytes);
    }
}
