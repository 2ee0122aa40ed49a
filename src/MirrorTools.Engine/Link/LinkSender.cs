using System.Buffers;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>
/// Writes frames to the transport. Small and middling frames that wait together leave in one send; large data goes from its owner's memory to the
/// transport without a copy.
/// </summary>
internal sealed class LinkSender : IDisposable
{
    // A few 64 KiB grains a send; larger buffers fall out of the processor's cache between the copy and the send.
    private const int BufferBytes = 256 << 10;
    private const int DirectBytes = 96 << 10;
    private const int MaxHeadBytes = 256;

    // Bounds one send, so that a slow link is not mistaken for one that stands still.
    private const int MaxSendBytes = 512 << 10;

    private readonly ILinkTransport _transport;
    private readonly Lock _gate;
    private readonly LinkSendQueue _queue;
    private readonly TimeProvider _time;
    private readonly LinkCompressor? _compressor;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _filled;
    private ulong _sequence;
    private long _sendStarted;

    public LinkSender(ILinkTransport transport, Lock gate, LinkSendQueue queue, TimeProvider time, LinkCompressor? compressor, ulong firstSequence) =>
        (_transport, _gate, _queue, _time, _compressor, _sequence) = (transport, gate, queue, time, compressor, firstSequence);

    /// <summary>How long the send that is under way has taken so far; zero where none is.</summary>
    public TimeSpan SendingFor
    {
        get
        {
            long started = Volatile.Read(ref _sendStarted);
            return started == 0 ? TimeSpan.Zero : _time.GetElapsedTime(started);
        }
    }

    /// <summary>Sends what is queued until cancelled; throws what the transport throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var frame = Next(out var wait);
            if (frame is not null)
            {
                await SendAsync(frame, cancellationToken);
            }
            else if (_filled > 0)
            {
                await FlushAsync(cancellationToken);
            }
            else
            {
                await wait;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _compressor?.Dispose();
    }

    private OutgoingFrame? Next(out Task wait)
    {
        lock (_gate)
        {
            if (_queue.IsDrained)
            {
                // The session's end comes before its token's cancellation: a wait that begins in between would have no end.
                throw new LinkClosedException(LinkCloseReason.LocalClosed, "The session has ended.");
            }

            var frame = _queue.Take();
            wait = frame is null && _filled == 0 ? _queue.WaitAsync() : Task.CompletedTask;
            return frame;
        }
    }

    private async ValueTask SendAsync(OutgoingFrame frame, CancellationToken cancellationToken)
    {
        bool done = false;
        try
        {
            var data = Compress(frame, out var flags);
            bool direct = data.Length > DirectBytes;
            if (_filled + LinkFrameHeader.SizeBytes + MaxHeadBytes + (direct ? 0 : data.Length) > _buffer.Length)
            {
                await FlushAsync(cancellationToken);
            }

            if (Append(frame, flags, data, direct) && direct)
            {
                await FlushAsync(cancellationToken);
                await TransmitAsync(data, cancellationToken);
            }

            // A goodbye's sender waits for it to be on its way before it closes the transport.
            if (frame.Type == LinkFrameType.Goodbye)
            {
                await FlushAsync(cancellationToken);
            }

            done = true;
        }
        finally
        {
            if (done)
            {
                frame.Sent();
            }
            else
            {
                frame.Failed(new LinkClosedException(LinkCloseReason.Cut, "The link was cut while the frame was sent."));
            }
        }
    }

    private ReadOnlyMemory<byte> Compress(OutgoingFrame frame, out LinkFrameFlags flags)
    {
        flags = LinkFrameFlags.None;
        if (_compressor is not null && frame.Type == LinkFrameType.Message && _compressor.TryCompress(frame.Data.Span, out var compressed))
        {
            flags = LinkFrameFlags.Compressed;
            return compressed;
        }

        return frame.Data;
    }

    private bool Append(OutgoingFrame frame, LinkFrameFlags flags, ReadOnlyMemory<byte> data, bool direct)
    {
        var payload = _buffer.AsSpan(_filled + LinkFrameHeader.SizeBytes);
        int headBytes = frame.WriteHead(payload);
        if (headBytes < 0)
        {
            return false;
        }

        uint crc;
        int copiedBytes = 0;
        if (direct)
        {
            crc = Crc32C.Append(Crc32C.Append(Crc32C.Initial, payload[..headBytes]), data.Span);
        }
        else
        {
            // Checksummed after the copy: the bytes are in the cache then, and are the very ones that leave.
            data.Span.CopyTo(payload[headBytes..]);
            copiedBytes = data.Length;
            crc = Crc32C.Append(Crc32C.Initial, payload[..(headBytes + copiedBytes)]);
        }

        new LinkFrameHeader(frame.Type, flags, frame.Channel, headBytes + data.Length, _sequence++, Crc32C.Finish(crc))
            .Write(_buffer.AsSpan(_filled));
        _filled += LinkFrameHeader.SizeBytes + headBytes + copiedBytes;
        frame.Leaving(LinkFrameHeader.SizeBytes + headBytes + data.Length);
        return true;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        int lengthBytes = _filled;
        _filled = 0;
        await TransmitAsync(_buffer.AsMemory(0, lengthBytes), cancellationToken);
    }

    private async ValueTask TransmitAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, MaxSendBytes)];
            Volatile.Write(ref _sendStarted, Math.Max(1, _time.GetTimestamp()));
            await _transport.SendAsync(part, cancellationToken);
            Volatile.Write(ref _sendStarted, 0);
            bytes = bytes[part.Length..];
        }
    }
}
