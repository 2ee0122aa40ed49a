using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>One extent of an NBD_REPLY_TYPE_BLOCK_STATUS payload, which is the context's id and then extents.</summary>
/// <param name="LengthBytes">How long the extent is.</param>
/// <param name="Flags">Its status.</param>
/// <remarks>
/// <code>
///  0            4        8        12
/// +------------+--------+--------+--- - -
/// | context id | length | flags  | length, flags ...
/// +------------+--------+--------+--- - -
/// </code>
/// </remarks>
public readonly record struct NbdStatusDescriptor(uint LengthBytes, uint Flags)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 8;

    /// <summary>The size of the context's id before the first extent, in bytes.</summary>
    public const int ContextIdSize = 4;

    private const int FlagsOffset = 4;

    /// <summary>Reads one extent; false where it is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdStatusDescriptor descriptor)
    {
        descriptor = default;
        if (source.Length < Size)
        {
            return false;
        }

        descriptor = new NbdStatusDescriptor(
            BinaryPrimitives.ReadUInt32BigEndian(source), BinaryPrimitives.ReadUInt32BigEndian(source[FlagsOffset..]));
        return true;
    }

    /// <summary>Writes one extent.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, LengthBytes);
        BinaryPrimitives.WriteUInt32BigEndian(destination[FlagsOffset..], Flags);
    }
}
