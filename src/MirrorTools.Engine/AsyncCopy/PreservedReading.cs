using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy;

/// <summary>Reads an image that lies on the secondary and, grain by grain, in the area of preserved grains.</summary>
internal static class PreservedReading
{
    /// <summary>Reads as much as lies in one place.</summary>
    /// <param name="geometry">The volume's grains.</param>
    /// <param name="offsetBytes">Where to begin.</param>
    /// <param name="buffer">What is left to be read; at least a sector.</param>
    /// <param name="find">A grain's place in the area; null where the secondary has it.</param>
    /// <param name="secondary">The secondary.</param>
    /// <param name="area">The area's storage.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>How many bytes were read.</returns>
    public static async ValueTask<int> ReadAsync(
        GrainGeometry geometry, long offsetBytes, Memory<byte> buffer, Func<long, PreservedPlace?> find, IBlockDevice secondary, IBlockDevice area, CancellationToken cancellationToken)
    {
        long grain = geometry.GrainAt(offsetBytes);
        long last = geometry.GrainAt(offsetBytes + buffer.Length - 1);
        PreservedPlace? preserved = find(grain);
        long end = grain + 1;
        while (preserved is null && end <= last && find(end) is null)
        {
            end++;
        }

        int length = (int)Math.Min(buffer.Length, geometry.OffsetOf(end) - offsetBytes);
        Memory<byte> piece = buffer[..length];
        if (preserved is not { } place)
        {
            await secondary.ReadAsync(offsetBytes, piece, cancellationToken);
        }
        else if (place.IsZeros)
        {
            piece.Span.Clear();
        }
        else
        {
            await area.ReadAsync(place.OffsetBytes + (offsetBytes - geometry.OffsetOf(grain)), piece, cancellationToken);
        }

        return length;
    }
}
