using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// What precedes the body in the payload of <see cref="LinkFrameType.Request"/>.
/// <code>
///   0                               8               12      14      16
///  +-------------------------------+---------------+-------+-------+-----------------+--------...
///  | id                            | deadlineMs    |length | rsvd 0| method (UTF-8)  | body
///  +-------------------------------+---------------+-------+-------+-----------------+--------...
/// </code>
/// </summary>
/// <param name="Id">Comes back in the response.</param>
/// <param name="DeadlineMs">How long the sender waits for the response, in milliseconds.</param>
/// <param name="Method">The name that chooses the handler.</param>
public readonly record struct RequestHead(ulong Id, uint DeadlineMs, string Method)
{
    private const int FixedBytes = 16;

    /// <summary>Reads the head; false where it is malformed. <paramref name="headBytes"/> is where the body starts.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RequestHead head, out int headBytes)
    {
        head = default;
        headBytes = 0;
        if (bytes.Length < FixedBytes)
        {
            return false;
        }

        int methodBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[12..]);
        if (methodBytes is 0 or > LinkProtocol.MaxMethodBytes || bytes.Length < FixedBytes + methodBytes
            || !WireText.TryDecode(bytes.Slice(FixedBytes, methodBytes), out string method))
        {
            return false;
        }

        headBytes = FixedBytes + methodBytes;
        head = new RequestHead(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), method);
        return true;
    }

    /// <summary>Writes the head and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        byte[] method = WireText.Encode(Method, LinkProtocol.MaxMethodBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Id);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], DeadlineMs);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[12..], (ushort)method.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[14..], 0);
        method.CopyTo(bytes[FixedBytes..]);
        return FixedBytes + method.Length;
    }
}
