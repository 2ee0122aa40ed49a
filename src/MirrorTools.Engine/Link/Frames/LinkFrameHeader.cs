using System.Buffers.Binary;
using MirrorTools.Engine.Journal;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// The header of every frame on the link, little endian:
/// <code>
///   0               4       5       6       8
///  +---------------+-------+-------+-------+---------------+
///  | magic "MTLK"  |layout | type  | flags | channel       |
///  +---------------+-------+-------+-------+---------------+
/// 12               16                              24
///  +---------------+-------------------------------+
///  | payloadLength | sequence                      |
///  +---------------+-------------------------------+
/// 24               28              32
///  +---------------+---------------+
///  | payloadCrc32C | headerCrc32C  |   headerCrc32C covers bytes 0 to 27
///  +---------------+---------------+
/// </code>
/// </summary>
/// <param name="Type">What the frame is.</param>
/// <param name="Flags">Flags that belong to the type.</param>
/// <param name="Channel">The channel, 0 for the session itself.</param>
/// <param name="PayloadLength">Bytes that follow the header.</param>
/// <param name="Sequence">Counts the frames of one direction from 0.</param>
/// <param name="PayloadCrc32C">Checksum of the bytes that follow.</param>
public readonly record struct LinkFrameHeader(
    LinkFrameType Type, LinkFrameFlags Flags, uint Channel, int PayloadLength, ulong Sequence, uint PayloadCrc32C)
{
    /// <summary>Size of the header in bytes.</summary>
    public const int SizeBytes = 32;

    /// <summary>Layout of the header itself; every protocol version so far has this one.</summary>
    public const byte Layout = 1;

    /// <summary>The first four bytes, "MTLK".</summary>
    public static ReadOnlySpan<byte> Magic => "MTLK"u8;

    private const int LayoutOffset = 4;
    private const int TypeOffset = 5;
    private const int FlagsOffset = 6;
    private const int ChannelOffset = 8;
    private const int PayloadLengthOffset = 12;
    private const int SequenceOffset = 16;
    private const int PayloadCrcOffset = 24;
    private const int HeaderCrcOffset = 28;

    /// <summary>Reads a header. The length is not yet checked against what the type allows.</summary>
    public static LinkHeaderStatus TryRead(ReadOnlySpan<byte> bytes, out LinkFrameHeader header)
    {
        header = default;
        if (bytes.Length < SizeBytes || !bytes[..LayoutOffset].SequenceEqual(Magic))
        {
            return LinkHeaderStatus.NotALink;
        }

        if (bytes[LayoutOffset] != Layout)
        {
            return LinkHeaderStatus.OtherLayout;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[HeaderCrcOffset..]) != Crc32C.Compute(bytes[..HeaderCrcOffset]))
        {
            return LinkHeaderStatus.ChecksumMismatch;
        }

        uint lengthBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[PayloadLengthOffset..]);
        if (lengthBytes > LinkProtocol.MaxWirePayloadBytes)
        {
            return LinkHeaderStatus.TooLong;
        }

        header = new LinkFrameHeader(
            (LinkFrameType)bytes[TypeOffset],
            (LinkFrameFlags)BinaryPrimitives.ReadUInt16LittleEndian(bytes[FlagsOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChannelOffset..]),
            (int)lengthBytes,
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[SequenceOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[PayloadCrcOffset..]));
        return LinkHeaderStatus.Valid;
    }

    /// <summary>Writes the header with its own checksum.</summary>
    public void Write(Span<byte> bytes)
    {
        Magic.CopyTo(bytes);
        bytes[LayoutOffset] = Layout;
        bytes[TypeOffset] = (byte)Type;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[FlagsOffset..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChannelOffset..], Channel);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[PayloadLengthOffset..], PayloadLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[SequenceOffset..], Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[PayloadCrcOffset..], PayloadCrc32C);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[HeaderCrcOffset..], Crc32C.Compute(bytes[..HeaderCrcOffset]));
    }
}
