using System.Buffers.Binary;
using System.Text;

namespace MirrorTools.Engine.Pairs;

/// <summary>The part of a <see cref="PairRecord"/> that has the names of points; docs/formats/pair-record.md has the picture. Little endian.</summary>
internal static class NamedPointsCodec
{
    private const int EntryBytes = 9;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>How long the part is; 0 where no point has a name.</summary>
    /// <exception cref="ArgumentException">There are too many, or a name is too long.</exception>
    public static int Bytes(IReadOnlyList<NamedPoint> points)
    {
        if (points.Count > PairRecord.MaximumNamedPoints || points.Any(static point => s_utf8.GetByteCount(point.Name) is 0 or > NamedPoint.MaximumNameBytes))
        {
            throw new ArgumentException($"A pair has at most {PairRecord.MaximumNamedPoints} named points, and a name takes 1 to {NamedPoint.MaximumNameBytes} bytes.", nameof(points));
        }

        return points.Count == 0 ? 0 : 1 + points.Sum(static point => EntryBytes + s_utf8.GetByteCount(point.Name));
    }

    /// <summary>Writes it.</summary>
    /// <returns>What comes after it.</returns>
    public static Span<byte> Put(Span<byte> span, IReadOnlyList<NamedPoint> points)
    {
        if (points.Count == 0)
        {
            return span;
        }

        span[0] = (byte)points.Count;
        span = span[1..];
        foreach (NamedPoint point in points)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(span, point.Number);
            int length = s_utf8.GetBytes(point.Name, span[EntryBytes..]);
            span[8] = (byte)length;
            span = span[(EntryBytes + length)..];
        }

        return span;
    }

    /// <summary>Reads it.</summary>
    /// <param name="bytes">The part, and what comes after it.</param>
    /// <param name="points">The named points.</param>
    /// <param name="length">How long the part is.</param>
    /// <returns>False where that is no such part.</returns>
    public static bool TryTake(ReadOnlySpan<byte> bytes, out NamedPoint[] points, out int length)
    {
        (points, length) = ([], 1);
        if (bytes.IsEmpty || bytes[0] is 0 or > PairRecord.MaximumNamedPoints)
        {
            return false;
        }

        points = new NamedPoint[bytes[0]];
        for (int i = 0; i < points.Length; i++)
        {
            ReadOnlySpan<byte> entry = bytes[length..];
            if (entry.Length < EntryBytes || entry[8] is 0 or > NamedPoint.MaximumNameBytes || entry.Length < EntryBytes + entry[8] || !TryRead(entry.Slice(EntryBytes, entry[8]), out string? name))
            {
                return false;
            }

            points[i] = new NamedPoint(BinaryPrimitives.ReadUInt64LittleEndian(entry), name!);
            length += EntryBytes + entry[8];
        }

        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, out string? name)
    {
        try
        {
            name = s_utf8.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            name = null;
            return false;
        }
    }
}
