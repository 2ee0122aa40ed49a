using System.Buffers;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>
/// Takes the byte stream apart into frames. One small buffer serves headers and small payloads; the rest of a large payload goes straight to where
/// it is wanted. Whatever is wrong with the bytes becomes a <see cref="LinkClosedException"/>.
/// </summary>
internal sealed class LinkFrameReader(ILinkTransport transport) : IDisposable
{
    private const int BufferBytes = 32 << 10;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;
    private ulong _sequence;

    /// <summary>Called whenever bytes arrived.</summary>
    public Action? Received { get; set; }

    /// <summary>Reads the next frame's header; its sequence number and checksum are right then.</summary>
    public async ValueTask<LinkFrameHeader> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        await FillAsync(LinkFrameHeader.SizeBytes, cancellationToken);
        var status = LinkFrameHeader.TryRead(_buffer.AsSpan(_start, LinkFrameHeader.SizeBytes), out var header);
        if (status != LinkHeaderStatus.Valid)
        {
            throw Refuse(status);
        }

        if (header.Sequence != _sequence)
        {
            throw new LinkClosedException(
                LinkCloseReason.ProtocolViolation, $"The peer sent frame {header.Sequence} where frame {_sequence} was due.");
        }

        _sequence++;
        _start += LinkFrameHeader.SizeBytes;
        return header;
    }

    /// <summary>Reads a whole small payload and checks it; the bytes are valid until the next read.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadSmallAsync(LinkFrameHeader header, int maxBytes, CancellationToken cancellationToken)
    {
        RequireLength(header, maxBytes);
        var payload = await PeekAsync(header.PayloadLength, cancellationToken);
        _start += header.PayloadLength;
        CheckPayload(header, Crc32C.Compute(payload.Span));
        return payload;
    }

    /// <summary>Reads a whole payload into memory of its own and checks it.</summary>
    public async ValueTask<byte[]> ReadOwnedAsync(LinkFrameHeader header, int maxBytes, CancellationToken cancellationToken)
    {
        RequireLength(header, maxBytes);
        var payload = new byte[header.PayloadLength];
        await ReadIntoAsync(payload, cancellationToken);
        CheckPayload(header, Crc32C.Compute(payload));
        return payload;
    }

    /// <summary>Takes the next bytes of a payload; they are valid until the next read, and the caller checks them.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> TakeAsync(int lengthBytes, CancellationToken cancellationToken)
    {
        var bytes = await PeekAsync(lengthBytes, cancellationToken);
        _start += lengthBytes;
        return bytes;
    }

    /// <summary>Fills <paramref name="destination"/> with the next bytes of a payload; the caller checks them.</summary>
    public async ValueTask ReadIntoAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        int buffered = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, buffered).CopyTo(destination.Span);
        _start += buffered;
        destination = destination[buffered..];
        while (destination.Length > 0)
        {
            destination = destination[await ReceiveAsync(destination, cancellationToken)..];
        }
    }

    /// <summary>Throws unless the payload's checksum is the header's.</summary>
    public static void CheckPayload(LinkFrameHeader header, uint crc32C)
    {
        if (crc32C != header.PayloadCrc32C)
        {
            throw new LinkClosedException(
                LinkCloseReason.ChecksumMismatch, $"The payload of frame {header.Sequence} does not match its checksum.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }

    private static void RequireLength(LinkFrameHeader header, int maxBytes)
    {
        if (header.PayloadLength > maxBytes)
        {
            throw new LinkClosedException(
                LinkCloseReason.ProtocolViolation, $"The peer sent {header.PayloadLength} bytes in a frame of type {header.Type}, which allows {maxBytes}.");
        }
    }

    private static LinkClosedException Refuse(LinkHeaderStatus status) => status switch
    {
        LinkHeaderStatus.OtherLayout => new(
            LinkCloseReason.VersionMismatch, $"The peer's frames have another layout than the one this agent speaks ({LinkFrameHeader.Layout})."),
        LinkHeaderStatus.ChecksumMismatch => new(LinkCloseReason.ChecksumMismatch, "A frame's header does not match its checksum."),
        LinkHeaderStatus.TooLong => new(
            LinkCloseReason.ProtocolViolation, $"The peer announced a frame of more than {LinkProtocol.MaxWirePayloadBytes} bytes."),
        _ => new(LinkCloseReason.ProtocolViolation, "The peer does not speak the link's protocol."),
    };

    private async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int lengthBytes, CancellationToken cancellationToken)
    {
        await FillAsync(lengthBytes, cancellationToken);
        return _buffer.AsMemory(_start, lengthBytes);
    }

    private async ValueTask FillAsync(int lengthBytes, CancellationToken cancellationToken)
    {
        if (_end - _start >= lengthBytes)
        {
            return;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        while (_end < lengthBytes)
        {
            _end += await ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int receivedBytes = await transport.ReceiveAsync(buffer, cancellationToken);
        if (receivedBytes <= 0)
        {
            throw new LinkClosedException(LinkCloseReason.Cut, "The peer ended the stream without a goodbye.");
        }

        Received?.Invoke();
        return receivedBytes;
    }
}
