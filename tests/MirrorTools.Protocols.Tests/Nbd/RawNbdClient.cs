using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>A client that says exactly the bytes a test wants; blocking, with a deadline on each receive.</summary>
internal sealed class RawNbdClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000, SendTimeout = 20_000 };

    public RawNbdClient(string socketPath) => _socket.Connect(new UnixDomainSocketEndPoint(socketPath));

    public Socket Socket => _socket;

    /// <summary>Takes the greeting and answers it.</summary>
    public RawNbdClient Greet(uint flags = 3)
    {
        Receive(NbdGreeting.Size);
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, flags);
        Send(bytes);
        return this;
    }

    public void SendOption(uint option, ReadOnlySpan<byte> payload)
    {
        byte[] message = new byte[NbdOptionHeader.Size + payload.Length];
        new NbdOptionHeader(option, (uint)payload.Length).Write(message);
        payload.CopyTo(message.AsSpan(NbdOptionHeader.Size));
        Send(message);
    }

    public (NbdOptionReplyHeader Header, byte[] Payload) ReceiveOptionReply()
    {
        Assert.True(NbdOptionReplyHeader.TryRead(Receive(NbdOptionReplyHeader.Size), out NbdOptionReplyHeader header));
        return (header, Receive((int)header.LengthBytes));
    }

    /// <summary>NBD_OPT_GO; fails the test where it is refused.</summary>
    public RawNbdClient Go(string export)
    {
        SendOption(NbdProtocol.OptGo, GoPayload(export));
        while (ReceiveOptionReply().Header is { Reply: not NbdProtocol.RepAck } header)
        {
            Assert.False(header.IsError);
        }

        return this;
    }

    public static byte[] GoPayload(string export)
    {
        byte[] name = Encoding.UTF8.GetBytes(export);
        byte[] payload = new byte[4 + name.Length + 2];
        BinaryPrimitives.WriteInt32BigEndian(payload, name.Length);
        name.CopyTo(payload, 4);
        return payload;
    }

    public void SendRequest(NbdRequestHeader header, ReadOnlySpan<byte> payload = default)
    {
        byte[] message = new byte[NbdRequestHeader.Size + payload.Length];
        header.Write(message);
        payload.CopyTo(message.AsSpan(NbdRequestHeader.Size));
        Send(message);
    }

    public NbdSimpleReplyHeader ReceiveSimple()
    {
        Assert.True(NbdSimpleReplyHeader.TryRead(Receive(NbdSimpleReplyHeader.Size), out NbdSimpleReplyHeader header));
        return header;
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    public byte[] Receive(int bytes)
    {
        byte[] buffer = new byte[bytes];
        for (int at = 0; at < bytes;)
        {
            int received = _socket.Receive(buffer.AsSpan(at));
            Assert.True(received > 0, $"The server closed the connection after {at} of {bytes} bytes.");
            at += received;
        }

        return buffer;
    }

    /// <summary>True where the server ends the stream, whatever it says before.</summary>
    public bool IsClosedByServer()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (_socket.Receive(buffer) > 0)
            {
            }

            return true;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted;
        }
    }

    public void Dispose() => _socket.Dispose();
}
