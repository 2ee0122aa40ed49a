using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// Payload of <see cref="LinkFrameType.Refuse"/>; every later version keeps this layout.
/// <code>
///   0       2       4       6       8
///  +-------+-------+-------+-------+------------------...
///  |reason |oldest |newest |length | text (UTF-8)
///  +-------+-------+-------+-------+------------------...
/// </code>
/// </summary>
/// <param name="Reason">Why.</param>
/// <param name="OldestVersion">Oldest protocol version the sender speaks.</param>
/// <param name="NewestVersion">Newest protocol version the sender speaks.</param>
/// <param name="Text">The same for a person to read.</param>
public readonly record struct RefuseFrame(RefuseReason Reason, ushort OldestVersion, ushort NewestVersion, string Text)
{
    private const int FixedBytes = 8;

    /// <summary>Reads the payload; false where it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RefuseFrame frame)
    {
        frame = default;
        if (bytes.Length < FixedBytes)
        {
            return false;
        }

        int textBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        if (textBytes > LinkProtocol.MaxTextBytes || bytes.Length < FixedBytes + textBytes
            || !WireText.TryDecode(bytes.Slice(FixedBytes, textBytes), out string text))
        {
            return false;
        }

        frame = new RefuseFrame(
            (RefuseReason)BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]),
            text);
        return true;
    }

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        byte[] text = WireText.Encode(Text, LinkProtocol.MaxTextBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)Reason);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], OldestVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], NewestVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], (ushort)text.Length);
        text.CopyTo(bytes[FixedBytes..]);
        return FixedBytes + text.Length;
    }
}
