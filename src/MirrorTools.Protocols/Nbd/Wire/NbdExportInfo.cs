using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The size and the transmission flags of an export: the NBD_INFO_EXPORT payload after its type, and the NBD_OPT_EXPORT_NAME reply.</summary>
/// <param name="SizeBytes">The export's size.</param>
/// <param name="TransmissionFlags">What it can do.</param>
/// <remarks>
/// <code>
///  0                8       10
/// +----------------+-------+
/// | size           | flags |
/// +----------------+-------+
/// </code>
/// </remarks>
public readonly record struct NbdExportInfo(ulong SizeBytes, ushort TransmissionFlags)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 10;

    private const int FlagsOffset = 8;

    /// <summary>Reads the structure; false where it is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdExportInfo info)
    {
        info = default;
        if (source.Length < Size)
        {
            return false;
        }

        info = new NbdExportInfo(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt16BigEndian(source[FlagsOffset..]));
        return true;
    }

    /// <summary>Writes the structure.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, SizeBytes);
        BinaryPrimitives.WriteUInt16BigEndian(destination[FlagsOffset..], TransmissionFlags);
    }
}
