using System.Runtime.InteropServices;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Simulation.Hosts;

/// <summary>
/// What hosts write: 512 bytes that say which write they belong to and where. All of them are a function of that, so a sector of two halves, or one that
/// was copied to another place, is told from a good one.
/// </summary>
public static class SectorStamp
{
    private const ulong Magic = 0x4D54_5349_4D00_0000;
    private const int HeaderWords = 2;

    /// <summary>Fills a sector.</summary>
    /// <param name="sector">512 bytes.</param>
    /// <param name="writeId">Which write it is; from 1 to 2^24.</param>
    /// <param name="volume">The volume's number.</param>
    /// <param name="sectorNumber">The sector's number on the volume.</param>
    public static void Write(Span<byte> sector, long writeId, int volume, long sectorNumber)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(sector);
        words[0] = Magic | (ulong)writeId;
        words[1] = ((ulong)volume << 40) | (ulong)sectorNumber;
        var state = First(words[0], words[1]);
        for (var i = HeaderWords; i < words.Length; i++)
        {
            words[i] = state = Next(state);
        }
    }

    /// <summary>Reads which write a sector belongs to; false where it isn't a whole stamp of this very place.</summary>
    public static bool TryRead(ReadOnlySpan<byte> sector, int volume, long sectorNumber, out long writeId)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(sector);
        writeId = (long)(words[0] & 0xFF_FFFF);
        if ((words[0] & ~0xFF_FFFFUL) != Magic || words[1] != (((ulong)volume << 40) | (ulong)sectorNumber))
        {
            return false;
        }

        var state = First(words[0], words[1]);
        for (var i = HeaderWords; i < words.Length; i++)
        {
            state = Next(state);
            if (words[i] != state)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Says of any sector what it seems to be, for people.</summary>
    public static string Describe(ReadOnlySpan<byte> sector)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(sector);
        if (sector.IndexOfAnyExcept((byte)0) < 0)
        {
            return "zeros";
        }

        return (words[0] & ~0xFF_FFFFUL) != Magic
            ? "no stamp"
            : $"write {words[0] & 0xFF_FFFF} of volume {words[1] >> 40} sector {words[1] & 0xFF_FFFF_FFFF}" +
              (TryRead(sector, (int)(words[1] >> 40), (long)(words[1] & 0xFF_FFFF_FFFF), out _) ? "" : ", torn inside");
    }

    /// <summary>A sector's size in bytes.</summary>
    internal const int Bytes = BlockGeometry.SectorBytes;

    private static ulong First(ulong a, ulong b) => (a * 0x9E3779B97F4A7C15) ^ (b * 0xC2B2AE3D27D4EB4F);

    private static ulong Next(ulong state)
    {
        state = (state + 0x165667B19E3779F9) * 0xD6E8FEB86659FD93;
        return state ^ (state >> 32);
    }
}
