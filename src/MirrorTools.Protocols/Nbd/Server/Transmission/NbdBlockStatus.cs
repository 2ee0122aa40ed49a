using System.Buffers;
using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>Answers block status: a chunk of extents for each context that was chosen.</summary>
internal sealed class NbdBlockStatus(INbdExport export, IReadOnlyList<string> contexts)
{
    private const int MaxExtentsPerContext = 1024;
    private const int ChunkHeadBytes = NbdChunkHeader.Size + NbdStatusDescriptor.ContextIdSize;

    private readonly uint _largestExtentBytes = uint.MaxValue & ~((uint)export.BlockSizes.MinimumBytes - 1);

    /// <summary>The most that a reply takes.</summary>
    public int MaxReplyBytes => contexts.Count * (ChunkHeadBytes + (MaxExtentsPerContext * NbdStatusDescriptor.Size));

    /// <summary>Prepares the reply in the request's buffer.</summary>
    public async ValueTask PrepareAsync(NbdServerRequest request, CancellationToken cancellationToken)
    {
        NbdRequestHeader header = request.Header;
        bool onlyOne = (header.Flags & NbdProtocol.CommandRequestOne) != 0;
        int maxExtents = onlyOne ? 1 : MaxExtentsPerContext;
        NbdStatusExtent[] extents = ArrayPool<NbdStatusExtent>.Shared.Rent(MaxExtentsPerContext);
        try
        {
            int used = 0;
            for (int index = 0; index < contexts.Count; index++)
            {
                int count = await export.GetBlockStatusAsync(
                    contexts[index], (long)header.OffsetBytes, header.LengthBytes, extents.AsMemory(0, maxExtents), cancellationToken).ConfigureAwait(false);
                used += WriteChunk(request, used, index, extents.AsSpan(0, Math.Clamp(count, 0, maxExtents)));
            }

            request.PreparedBytes = used;
        }
        finally
        {
            ArrayPool<NbdStatusExtent>.Shared.Return(extents);
        }
    }

    /// <summary>Merges equal neighbours, cuts at the end of the range asked for, and writes.</summary>
    private int WriteChunk(NbdServerRequest request, int at, int contextIndex, ReadOnlySpan<NbdStatusExtent> extents)
    {
        Span<byte> chunk = request.Buffer!.PayloadSpan(MaxReplyBytes)[at..];
        Span<byte> descriptors = chunk[ChunkHeadBytes..];
        long leftBytes = request.Header.LengthBytes;
        int written = 0;
        NbdStatusDescriptor last = default;
        foreach (NbdStatusExtent extent in extents)
        {
            if (extent.LengthBytes <= 0)
            {
                throw new InvalidOperationException($"The export '{export.Name}' reported an extent of {extent.LengthBytes} bytes.");
            }

            uint length = (uint)Math.Min(Math.Min(extent.LengthBytes, leftBytes), _largestExtentBytes);
            bool merges = written > 0 && last.Flags == extent.Flags;
            written += merges ? 0 : 1;
            last = new NbdStatusDescriptor(merges ? last.LengthBytes + length : length, extent.Flags);
            last.Write(descriptors[((written - 1) * NbdStatusDescriptor.Size)..]);
            leftBytes -= length;
            if (leftBytes == 0)
            {
                break;
            }
        }

        if (written == 0)
        {
            throw new InvalidOperationException($"The export '{export.Name}' reported no extent.");
        }

        int payloadBytes = NbdStatusDescriptor.ContextIdSize + (written * NbdStatusDescriptor.Size);
        ushort flags = contextIndex == contexts.Count - 1 ? NbdProtocol.ChunkDone : (ushort)0;
        new NbdChunkHeader(flags, NbdProtocol.ChunkBlockStatus, request.Header.Cookie, (uint)payloadBytes).Write(chunk);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[NbdChunkHeader.Size..], (uint)contextIndex + 1);
        return NbdChunkHeader.Size + payloadBytes;
    }
}
