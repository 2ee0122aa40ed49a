using System.Buffers;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>Reads frames and hands each to whom it concerns. Whatever a peer may not do ends in a <see cref="LinkClosedException"/>.</summary>
internal sealed class LinkReceiver(LinkSession session, LinkFrameReader reader, LinkKeepAlive keepAlive, LinkRequestTable requests, bool compression)
{
    private delegate bool FrameParser<TFrame>(ReadOnlySpan<byte> bytes, out TFrame frame);

    /// <summary>Receives until the peer says goodbye (then returns), is cut, or breaks the protocol (then throws).</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var header = await reader.ReadHeaderAsync(cancellationToken);
            RequireFlags(header);
            switch (header.Type)
            {
                case LinkFrameType.Message:
                    await ReceiveMessageAsync(header, cancellationToken);
                    break;
                case LinkFrameType.Request:
                    requests.OnRequest(await reader.ReadOwnedAsync(header, LinkProtocol.MaxRequestPayloadBytes, cancellationToken));
                    break;
                case LinkFrameType.Response:
                    requests.OnResponse(await reader.ReadOwnedAsync(header, LinkProtocol.MaxRequestPayloadBytes, cancellationToken));
                    break;
                case LinkFrameType.Goodbye:
                    await reader.ReadSmallAsync(header, maxBytes: 0, cancellationToken);
                    return;
                default:
                    var payload = await reader.ReadSmallAsync(header, LinkProtocol.MaxControlPayloadBytes, cancellationToken);
                    Dispatch(header, payload.Span);
                    break;
            }
        }
    }

    private static TFrame Parse<TFrame>(FrameParser<TFrame> parser, LinkFrameHeader header, ReadOnlySpan<byte> payload) =>
        parser(payload, out var frame) ? frame : throw Violation($"The peer sent a malformed frame of type {header.Type}.");

    private static LinkClosedException Violation(string message) => new(LinkCloseReason.ProtocolViolation, message);

    private void Dispatch(LinkFrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case LinkFrameType.Ping:
                keepAlive.OnPing(Parse<PingFrame>(PingFrame.TryRead, header, payload));
                break;
            case LinkFrameType.Pong:
                keepAlive.OnPong(Parse<PongFrame>(PongFrame.TryRead, header, payload));
                break;
            case LinkFrameType.OpenChannel:
                session.Opener.OnOpen(header.Channel, Parse<OpenChannelFrame>(OpenChannelFrame.TryRead, header, payload));
                break;
            case LinkFrameType.OpenReply:
                session.Opener.OnOpenReply(header.Channel, Parse<OpenReplyFrame>(OpenReplyFrame.TryRead, header, payload));
                break;
            case LinkFrameType.Credit:
                session.Channels.OnCredit(header.Channel, Parse<CreditFrame>(CreditFrame.TryRead, header, payload));
                break;
            case LinkFrameType.CloseChannel when payload.IsEmpty:
                session.Channels.OnClose(header.Channel);
                break;
            default:
                throw Violation($"The peer sent a frame of type {header.Type}, which has no place here.");
        }
    }

    private void RequireFlags(LinkFrameHeader header)
    {
        var allowed = compression && header.Type == LinkFrameType.Message ? LinkFrameFlags.Compressed : LinkFrameFlags.None;
        if ((header.Flags & ~allowed) != 0)
        {
            throw Violation($"The peer sent a frame of type {header.Type} with flags {(ushort)header.Flags:X4}, which were not agreed on.");
        }
    }

    private async ValueTask ReceiveMessageAsync(LinkFrameHeader header, CancellationToken cancellationToken)
    {
        int wireBytes = header.PayloadLength - MessageHead.SizeBytes;
        if (wireBytes < 0)
        {
            throw Violation("The peer sent a message without its head.");
        }

        var bytes = await reader.TakeAsync(MessageHead.SizeBytes, cancellationToken);
        uint crc = Crc32C.Append(Crc32C.Initial, bytes.Span);
        bool compressed = header.Flags.HasFlag(LinkFrameFlags.Compressed);
        if (!MessageHead.TryRead(bytes.Span, out var head)
            || head.DataLength > session.MaxPayloadBytes
            || (compressed ? wireBytes >= head.DataLength : wireBytes != head.DataLength))
        {
            throw Violation("The lengths in the head of a message contradict its frame.");
        }

        // Before anything is allocated the peer must have been granted the room.
        var channel = session.Channels.Reserve(header.Channel, head.DataLength);
        byte[] data = await ReadDataAsync(header, wireBytes, crc, cancellationToken);
        if (compressed)
        {
            data = Decompress(data, wireBytes, head.DataLength);
        }

        var payload = data.AsMemory(0, head.DataLength);
        if (channel is null)
        {
            LinkInbox.ReturnBuffer(payload);
        }
        else
        {
            session.Channels.Deliver(channel, new ReceivedMessage(head.Message, payload, channel.Release));
        }
    }

    private async ValueTask<byte[]> ReadDataAsync(LinkFrameHeader header, int wireBytes, uint crc, CancellationToken cancellationToken)
    {
        byte[] data = wireBytes == 0 ? [] : ArrayPool<byte>.Shared.Rent(wireBytes);
        try
        {
            await reader.ReadIntoAsync(data.AsMemory(0, wireBytes), cancellationToken);
            LinkFrameReader.CheckPayload(header, Crc32C.Finish(Crc32C.Append(crc, data.AsSpan(0, wireBytes))));
            return data;
        }
        catch
        {
            LinkInbox.ReturnBuffer(data);
            throw;
        }
    }

    private static byte[] Decompress(byte[] compressed, int wireBytes, int dataBytes)
    {
        byte[] data = ArrayPool<byte>.Shared.Rent(dataBytes);
        try
        {
            if (!LinkCompressor.TryDecompress(compressed.AsSpan(0, wireBytes), data.AsSpan(0, dataBytes)))
            {
                throw Violation("The compressed data of a message does not have the length that its head says.");
            }

            return data;
        }
        catch
        {
            LinkInbox.ReturnBuffer(data);
            throw;
        }
        finally
        {
            LinkInbox.ReturnBuffer(compressed);
        }
    }
}
