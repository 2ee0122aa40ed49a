using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// What precedes the body in the payload of <see cref="LinkFrameType.Response"/>. Without an error id the body is the answer, with one it is the
/// error's message.
/// <code>
///   0                               8       10                      16
///  +-------------------------------+-------+-----------------------+-----------------+--------...
///  | id of the request             |length | reserved 0            | errorId (UTF-8) | body
///  +-------------------------------+-------+-----------------------+-----------------+--------...
/// </code>
/// </summary>
/// <param name="Id">The request's id.</param>
/// <param name="ErrorId">The error's id, or empty for success.</param>
public readonly record struct ResponseHead(ulong Id, string ErrorId)
{
    private const int FixedBytes = 16;

    /// <summary>Reads the head; false where it is malformed. <paramref name="headBytes"/> is where the body starts.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ResponseHead head, out int headBytes)
    {
        head = default;
        headBytes = 0;
        if (bytes.Length < FixedBytes)
        {
            return false;
        }

        int errorBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        if (errorBytes > LinkProtocol.MaxMethodBytes || bytes.Length < FixedBytes + errorBytes
            || !WireText.TryDecode(bytes.Slice(FixedBytes, errorBytes), out string errorId))
        {
            return false;
        }

        headBytes = FixedBytes + errorBytes;
        head = new ResponseHead(BinaryPrimitives.ReadUInt64LittleEndian(bytes), errorId);
        return true;
    }

    /// <summary>Writes the head and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        byte[] errorId = WireText.Encode(ErrorId, LinkProtocol.MaxMethodBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Id);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], (ushort)errorId.Length);
        bytes[10..FixedBytes].Clear();
        errorId.CopyTo(bytes[FixedBytes..]);
        return FixedBytes + errorId.Length;
    }
}
