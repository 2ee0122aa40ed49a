using System.Buffers.Binary;
using System.Text;

namespace MirrorTools.Protocols.Nbd;

/// <summary>Sends the replies to options.</summary>
internal sealed class NbdOptionReplies
{
    private readonly byte[] _buffer = new byte[NbdOptionReplyHeader.Size + (2 * NbdProtocol.MaxStringBytes) + 16];

    public required NbdTransport Transport { get; set; }

    public void Acknowledge(uint option) => Send(option, NbdProtocol.RepAck, 0);

    public void Refuse(uint option, uint error, string message)
    {
        int length = Encoding.UTF8.GetBytes(message.AsSpan(0, Math.Min(message.Length, 1024)), Payload);
        Send(option, error, length);
    }

    public void SendServer(string name, string description)
    {
        Span<byte> payload = Payload;
        int nameBytes = Encoding.UTF8.GetBytes(name, payload[4..]);
        BinaryPrimitives.WriteInt32BigEndian(payload, nameBytes);
        int descriptionBytes = Encoding.UTF8.GetBytes(description, payload[(4 + nameBytes)..]);
        Send(NbdProtocol.OptList, NbdProtocol.RepServer, 4 + nameBytes + descriptionBytes);
    }

    public void SendContext(uint option, uint id, string name)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Payload, id);
        int nameBytes = Encoding.UTF8.GetBytes(name, Payload[4..]);
        Send(option, NbdProtocol.RepMetaContext, 4 + nameBytes);
    }

    public void SendExport(uint option, NbdExportInfo info)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Payload, NbdProtocol.InfoExport);
        info.Write(Payload[2..]);
        Send(option, NbdProtocol.RepInfo, 2 + NbdExportInfo.Size);
    }

    public void SendBlockSizes(uint option, NbdBlockSizes sizes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Payload, NbdProtocol.InfoBlockSize);
        new NbdBlockSizeInfo((uint)sizes.MinimumBytes, (uint)sizes.PreferredBytes, (uint)sizes.MaximumBytes).Write(Payload[2..]);
        Send(option, NbdProtocol.RepInfo, 2 + NbdBlockSizeInfo.Size);
    }

    public void SendText(uint option, ushort infoType, string text)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Payload, infoType);
        int textBytes = Encoding.UTF8.GetBytes(text, Payload[2..]);
        Send(option, NbdProtocol.RepInfo, 2 + textBytes);
    }

    private Span<byte> Payload => _buffer.AsSpan(NbdOptionReplyHeader.Size);

    private void Send(uint option, uint reply, int payloadBytes)
    {
        new NbdOptionReplyHeader(option, reply, (uint)payloadBytes).Write(_buffer);
        Transport.Send(_buffer.AsSpan(0, NbdOptionReplyHeader.Size + payloadBytes));
    }
}
