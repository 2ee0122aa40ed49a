using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// Payload of <see cref="LinkFrameType.Welcome"/>. Later versions may append to it, so a reader ignores what follows.
/// <code>
///   0       2       4               8                               24
///  +-------+-------+---------------+-------------------------------+
///  |version| rsvd 0| features      | agentId (RFC 9562 order)      |
///  +-------+-------+---------------+-------------------------------+
/// 24                              40              44  45
///  +------------------------------+---------------+---+------------------...
///  | sessionId (RFC 9562 order)   | maxPayload    |len| softwareVersion (UTF-8)
///  +------------------------------+---------------+---+------------------...
/// </code>
/// </summary>
/// <param name="Version">The protocol version in use from here on.</param>
/// <param name="Features">The features in use: at most those of the hello.</param>
/// <param name="AgentId">The sender.</param>
/// <param name="SessionId">The session's identity.</param>
/// <param name="MaxPayloadBytes">Largest message data in either direction: at most that of the hello.</param>
/// <param name="SoftwareVersion">The sender's software version, to show.</param>
public readonly record struct WelcomeFrame(
    ushort Version, LinkFeatures Features, Guid AgentId, Guid SessionId, int MaxPayloadBytes, string SoftwareVersion)
{
    private const int FixedBytes = 45;

    /// <summary>Reads the payload; false where it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out WelcomeFrame frame)
    {
        frame = default;
        if (bytes.Length < FixedBytes || bytes.Length < FixedBytes + bytes[44] || bytes[44] > LinkProtocol.MaxSoftwareVersionBytes
            || !WireText.TryDecode(bytes.Slice(FixedBytes, bytes[44]), out string software))
        {
            return false;
        }

        frame = new WelcomeFrame(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            (LinkFeatures)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            new Guid(bytes.Slice(8, 16), bigEndian: true),
            new Guid(bytes.Slice(24, 16), bigEndian: true),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]),
            software);
        return frame.MaxPayloadBytes is >= LinkProtocol.MinPayloadBytes and <= LinkProtocol.MaxPayloadBytes;
    }

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        byte[] software = WireText.Encode(SoftwareVersion, LinkProtocol.MaxSoftwareVersionBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], (uint)Features);
        AgentId.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        SessionId.TryWriteBytes(bytes[24..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[40..], MaxPayloadBytes);
        bytes[44] = (byte)software.Length;
        software.CopyTo(bytes[FixedBytes..]);
        return FixedBytes + software.Length;
    }
}
