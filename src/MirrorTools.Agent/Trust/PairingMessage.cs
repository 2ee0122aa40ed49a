using System.Buffers.Binary;

namespace MirrorTools.Agent.Trust;

/// <summary>
/// The header of a pairing message, and the only shape in which anything is exchanged before there is trust.
/// <code>
///   0               4       5       6       8
///  +---------------+-------+-------+-------+--------------...
///  | magic "MTPR"  |version| type  |length | payload
///  +---------------+-------+-------+-------+--------------...
/// </code>
/// </summary>
/// <param name="Version">Version of pairing.</param>
/// <param name="Type">What the message is.</param>
/// <param name="PayloadLength">Bytes that follow.</param>
internal readonly record struct PairingMessage(byte Version, PairingMessageType Type, int PayloadLength)
{
    public const int SizeBytes = 8;
    public const byte CurrentVersion = 1;
    public const int MaxPayloadBytes = 4096;

    /// <summary>Reads a header; false where it is none or announces too much.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out PairingMessage message)
    {
        message = default;
        if (bytes.Length < SizeBytes || !bytes[..4].SequenceEqual("MTPR"u8))
        {
            return false;
        }

        message = new PairingMessage(bytes[4], (PairingMessageType)bytes[5], BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]));
        return message.PayloadLength <= MaxPayloadBytes;
    }

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> bytes)
    {
        "MTPR"u8.CopyTo(bytes);
        bytes[4] = Version;
        bytes[5] = (byte)Type;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], checked((ushort)PayloadLength));
    }
}
