using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// Payload of <see cref="LinkFrameType.Hello"/>. Later versions may append to it, so a reader ignores what follows.
/// <code>
///   0       2       4               8                               24
///  +-------+-------+---------------+-------------------------------+
///  |oldest |newest | features      | agentId (RFC 9562 order)      |
///  +-------+-------+---------------+-------------------------------+
/// 24               28              32  33
///  +---------------+---------------+---+------------------...
///  | maxPayload    | reserved 0    |len| softwareVersion (UTF-8)
///  +---------------+---------------+---+------------------...
/// </code>
/// </summary>
/// <param name="OldestVersion">Oldest protocol version the sender speaks.</param>
/// <param name="NewestVersion">Newest protocol version the sender speaks.</param>
/// <param name="Features">Features the sender would use.</param>
/// <param name="AgentId">The sender.</param>
/// <param name="MaxPayloadBytes">Largest message data the sender takes.</param>
/// <param name="SoftwareVersion">The sender's software version, to show.</param>
public readonly record struct HelloFrame(
    ushort OldestVersion, ushort NewestVersion, LinkFeatures Features, Guid AgentId, int MaxPayloadBytes, string SoftwareVersion)
{
    private const int FixedBytes = 33;

    /// <summary>Reads the payload; false where it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out HelloFrame frame)
    {
        frame = default;
        if (bytes.Length < FixedBytes || bytes.Length < FixedBytes + bytes[32] || bytes[32] > LinkProtocol.MaxSoftwareVersionBytes
            || !WireText.TryDecode(bytes.Slice(FixedBytes, bytes[32]), out string software))
        {
            return false;
        }

        frame = new HelloFrame(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
            (LinkFeatures)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            new Guid(bytes.Slice(8, 16), bigEndian: true),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            software);
        return frame.OldestVersion <= frame.NewestVersion
            && frame.MaxPayloadBytes is >= LinkProtocol.MinPayloadBytes and <= LinkProtocol.MaxPayloadBytes;
    }

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        byte[] software = WireText.Encode(SoftwareVersion, LinkProtocol.MaxSoftwareVersionBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, OldestVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], NewestVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], (uint)Features);
        AgentId.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], MaxPayloadBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], 0);
        bytes[32] = (byte)software.Length;
        software.CopyTo(bytes[FixedBytes..]);
        return FixedBytes + software.Length;
    }
}
