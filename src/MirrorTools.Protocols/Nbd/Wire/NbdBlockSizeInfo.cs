using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The block sizes of an export: the NBD_INFO_BLOCK_SIZE payload after its type.</summary>
/// <param name="MinimumBytes">The unit of offsets and lengths.</param>
/// <param name="PreferredBytes">The unit that is fast.</param>
/// <param name="MaximumBytes">The largest payload.</param>
/// <remarks>
/// <code>
///  0         4         8         12
/// +---------+---------+---------+
/// | minimum |preferred| maximum |
/// +---------+---------+---------+
/// </code>
/// </remarks>
public readonly record struct NbdBlockSizeInfo(uint MinimumBytes, uint PreferredBytes, uint MaximumBytes)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 12;

    private const int PreferredOffset = 4;
    private const int MaximumOffset = 8;

    /// <summary>Reads the structure; false where it is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdBlockSizeInfo info)
    {
        info = default;
        if (source.Length < Size)
        {
            return false;
        }

        info = new NbdBlockSizeInfo(
            BinaryPrimitives.ReadUInt32BigEndian(source),
            BinaryPrimitives.ReadUInt32BigEndian(source[PreferredOffset..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[MaximumOffset..]));
        return true;
    }

    /// <summary>Writes the structure.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, MinimumBytes);
        BinaryPrimitives.WriteUInt32BigEndian(destination[PreferredOffset..], PreferredBytes);
        BinaryPrimitives.WriteUInt32BigEndian(destination[MaximumOffset..], MaximumBytes);
    }
}
