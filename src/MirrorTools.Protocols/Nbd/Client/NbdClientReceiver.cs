using System.Buffers.Binary;
using System.Text;

namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>Reads replies and completes the requests they belong to. Whatever a server sends, it writes only inside a pending request's own buffer.</summary>
internal sealed class NbdClientReceiver(NbdClientWire wire, NbdClientAgreement agreement, NbdClientRequest[] slots)
{
    private const int MaxSmallPayloadBytes = 60 * 1024;
    private const int MaxExtents = 1 << 20;

    /// <summary>Runs until the connection ends, which is always an exception.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await wire.FillAsync(NbdSimpleReplyHeader.Size, cancellationToken).ConfigureAwait(false);
            if (NbdSimpleReplyHeader.TryRead(wire.Buffered, out NbdSimpleReplyHeader simple))
            {
                wire.Consume(NbdSimpleReplyHeader.Size);
                await ReceiveSimpleAsync(simple, cancellationToken).ConfigureAwait(false);
                continue;
            }

            await wire.FillAsync(NbdChunkHeader.Size, cancellationToken).ConfigureAwait(false);
            if (!agreement.StructuredReplies || !NbdChunkHeader.TryRead(wire.Buffered, out NbdChunkHeader chunk))
            {
                throw Broken("no reply where one was due");
            }

            wire.Consume(NbdChunkHeader.Size);
            await ReceiveChunkAsync(chunk, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask ReceiveSimpleAsync(NbdSimpleReplyHeader header, CancellationToken cancellationToken)
    {
        NbdClientRequest request = Find(header.Cookie);
        if (header.Error != NbdError.None)
        {
            request.Fail(Failure(request, header.Error, ""));
        }
        else if (request.Command == NbdCommand.Read)
        {
            if (agreement.StructuredReplies)
            {
                throw Broken("a simple reply to a read");
            }

            await wire.ReadExactlyAsync(request.Destination, cancellationToken).ConfigureAwait(false);
        }
        else if (request.Command == NbdCommand.BlockStatus)
        {
            throw Broken("a simple reply to a block status");
        }

        request.Complete();
    }

    private async ValueTask ReceiveChunkAsync(NbdChunkHeader header, CancellationToken cancellationToken)
    {
        NbdClientRequest request = Find(header.Cookie);
        if (header.Type == NbdProtocol.ChunkOffsetData)
        {
            await ReceiveDataAsync(header, request, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            if (header.LengthBytes > MaxSmallPayloadBytes)
            {
                throw Broken("a chunk that is too long");
            }

            int length = (int)header.LengthBytes;
            await wire.FillAsync(length, cancellationToken).ConfigureAwait(false);
            Take(header, request, wire.Buffered[..length]);
            wire.Consume(length);
        }

        if (header.IsLast)
        {
            Finish(request);
        }
    }

    private async ValueTask ReceiveDataAsync(NbdChunkHeader header, NbdClientRequest request, CancellationToken cancellationToken)
    {
        if (header.LengthBytes <= sizeof(ulong) || request.Command != NbdCommand.Read)
        {
            throw Broken("data that was not asked for");
        }

        await wire.FillAsync(sizeof(ulong), cancellationToken).ConfigureAwait(false);
        ulong offset = BinaryPrimitives.ReadUInt64BigEndian(wire.Buffered);
        wire.Consume(sizeof(ulong));
        Memory<byte> destination = Part(request, offset, header.LengthBytes - sizeof(ulong));
        await wire.ReadExactlyAsync(destination, cancellationToken).ConfigureAwait(false);
    }

    private void Take(NbdChunkHeader header, NbdClientRequest request, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case NbdProtocol.ChunkNone when payload.IsEmpty && header.IsLast:
                break;
            case NbdProtocol.ChunkOffsetHole when request.Command == NbdCommand.Read && NbdHoleChunk.TryRead(payload, out NbdHoleChunk hole):
                Part(request, hole.OffsetBytes, hole.LengthBytes).Span.Clear();
                break;
            case NbdProtocol.ChunkBlockStatus when request.Extents is not null && payload.Length >= NbdStatusDescriptor.ContextIdSize:
                TakeExtents(request.Extents, payload);
                break;
            default:
                if (!header.IsError || !NbdErrorChunk.TryRead(payload, out NbdErrorChunk error) || NbdErrorChunk.Size + error.MessageBytes > payload.Length)
                {
                    throw Broken($"an invalid chunk of type {header.Type}");
                }

                request.Fail(Failure(request, error.Error, Encoding.UTF8.GetString(payload.Slice(NbdErrorChunk.Size, error.MessageBytes))));
                break;
        }
    }

    private static void TakeExtents(Dictionary<uint, List<NbdStatusExtent>> all, ReadOnlySpan<byte> payload)
    {
        uint context = BinaryPrimitives.ReadUInt32BigEndian(payload);
        if (!all.TryGetValue(context, out List<NbdStatusExtent>? extents))
        {
            all[context] = extents = [];
        }

        payload = payload[NbdStatusDescriptor.ContextIdSize..];
        while (NbdStatusDescriptor.TryRead(payload, out NbdStatusDescriptor descriptor))
        {
            if (descriptor.LengthBytes == 0 || extents.Count >= MaxExtents || all.Count > 16)
            {
                throw Broken("an invalid block status");
            }

            extents.Add(new NbdStatusExtent(descriptor.LengthBytes, descriptor.Flags));
            payload = payload[NbdStatusDescriptor.Size..];
        }
    }

    private static void Finish(NbdClientRequest request)
    {
        bool isShort = request.Command == NbdCommand.Read && request.ReceivedBytes != request.LengthBytes;
        if (isShort)
        {
            request.Fail(Failure(request, NbdError.InputOutput, "the data is incomplete"));
        }

        request.Complete();
    }

    private static Memory<byte> Part(NbdClientRequest request, ulong offsetBytes, uint lengthBytes)
    {
        ulong start = offsetBytes - (ulong)request.OffsetBytes;
        if (offsetBytes < (ulong)request.OffsetBytes || start > (ulong)request.LengthBytes || lengthBytes > (ulong)request.LengthBytes - start
            || request.ReceivedBytes + lengthBytes > request.LengthBytes)
        {
            throw Broken("data outside the range asked for");
        }

        request.ReceivedBytes += lengthBytes;
        return request.Destination.Slice((int)start, (int)lengthBytes);
    }

    private NbdClientRequest Find(ulong cookie)
    {
        int slot = (int)(cookie & 0xffff);
        return slot < slots.Length && slots[slot].Cookie == cookie && slots[slot].IsPending ? slots[slot] : throw Broken("a reply to no request");
    }

    private static NbdException Failure(NbdClientRequest request, NbdError error, string said) =>
        new(error, $"NBD {request.Command} of {request.LengthBytes} bytes at {request.OffsetBytes} failed with {error}{(said.Length > 0 ? ": " : "")}{said}");

    private static IOException Broken(string what) => new($"The NBD server broke the protocol: it sent {what}.");
}
