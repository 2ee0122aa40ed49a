using System.Buffers.Binary;
using System.Text;

namespace MirrorTools.Protocols.Nbd;

/// <summary>Writes the heads of replies.</summary>
internal static class NbdReplyFormat
{
    /// <summary>The head before a read's data: a chunk with its offset, or a simple reply.</summary>
    public static int DataHeadBytes(bool structured) => structured ? NbdChunkHeader.Size + sizeof(ulong) : NbdSimpleReplyHeader.Size;

    /// <summary>More than any reply without data takes.</summary>
    public const int LargestSmallReplyBytes = NbdChunkHeader.Size + NbdErrorChunk.Size + MaxMessageBytes;

    private const int MaxMessageBytes = 512;

    public static void WriteDataHead(Span<byte> destination, in NbdRequestHeader request, bool structured)
    {
        if (!structured)
        {
            new NbdSimpleReplyHeader(NbdError.None, request.Cookie).Write(destination);
            return;
        }

        new NbdChunkHeader(NbdProtocol.ChunkDone, NbdProtocol.ChunkOffsetData, request.Cookie, sizeof(ulong) + request.LengthBytes).Write(destination);
        BinaryPrimitives.WriteUInt64BigEndian(destination[NbdChunkHeader.Size..], request.OffsetBytes);
    }

    public static int WriteHole(Span<byte> destination, in NbdRequestHeader request)
    {
        new NbdChunkHeader(NbdProtocol.ChunkDone, NbdProtocol.ChunkOffsetHole, request.Cookie, NbdHoleChunk.Size).Write(destination);
        new NbdHoleChunk(request.OffsetBytes, request.LengthBytes).Write(destination[NbdChunkHeader.Size..]);
        return NbdChunkHeader.Size + NbdHoleChunk.Size;
    }

    public static int WriteNothing(Span<byte> destination, in NbdRequestHeader request)
    {
        new NbdChunkHeader(NbdProtocol.ChunkDone, NbdProtocol.ChunkNone, request.Cookie, 0).Write(destination);
        return NbdChunkHeader.Size;
    }

    public static int WriteSimple(Span<byte> destination, ulong cookie, NbdError error)
    {
        new NbdSimpleReplyHeader(error, cookie).Write(destination);
        return NbdSimpleReplyHeader.Size;
    }

    /// <summary>An error with a sentence, cut where it is too long.</summary>
    public static int WriteError(Span<byte> destination, ulong cookie, NbdError error, string message)
    {
        Span<byte> text = destination.Slice(NbdChunkHeader.Size + NbdErrorChunk.Size, MaxMessageBytes);
        Encoder encoder = Encoding.UTF8.GetEncoder();
        encoder.Convert(message, text, flush: true, out _, out int messageBytes, out _);
        new NbdChunkHeader(NbdProtocol.ChunkDone, NbdProtocol.ChunkError, cookie, (uint)(NbdErrorChunk.Size + messageBytes)).Write(destination);
        new NbdErrorChunk(error, (ushort)messageBytes).Write(destination[NbdChunkHeader.Size..]);
        return NbdChunkHeader.Size + NbdErrorChunk.Size + messageBytes;
    }
}
