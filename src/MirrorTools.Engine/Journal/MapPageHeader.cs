using System.Buffers.Binary;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// A slot of a map page: the same 8064 grains of up to four maps in one block of 4 KiB, so that they become durable together (F-18).
/// <code>
///   0  common header (40 bytes)
///  40  epoch (8)
///  48  page number (4)   52  area (1)   53  number of maps (1)   54  0 (10)
///  64  map 0: 126 words of 64 bits; bit i of word w is grain w * 64 + i of the page
/// 1072  map 1      2080  map 2      3088  map 3
/// </code>
/// </summary>
/// <param name="PairId">The pair.</param>
/// <param name="Sequence">Of a page's two slots the higher one is newer.</param>
/// <param name="Epoch">What the service passed when it wrote the page.</param>
/// <param name="Page">The page's number: a block that went astray shows.</param>
/// <param name="Area">0 for the maps of the source side, 1 for those of the target side.</param>
/// <param name="MapCount">How many of the four maps are in use.</param>
public readonly record struct MapPageHeader(Guid PairId, ulong Sequence, ulong Epoch, int Page, byte Area, byte MapCount)
{
    /// <summary>The most maps a page holds.</summary>
    public const int MaximumMaps = 4;

    private const int EpochOffset = 40;
    private const int PageOffset = 48;
    private const int AreaOffset = 52;
    private const int MapCountOffset = 53;
    private const int MapsOffset = 64;
    private const int MapBytes = GrainMap.WordsPerPage * sizeof(ulong);

    /// <summary>Reads a page's header; false where the block is damaged, or of a version this program does not know.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, out MapPageHeader page)
    {
        page = default;
        if (!BlockHeader.TryRead(block, BlockMagic.MapPage, out BlockHeader header) || header.Version != BlockHeader.CurrentVersion)
        {
            return false;
        }

        page = new MapPageHeader(
            header.PairId,
            header.Sequence,
            BinaryPrimitives.ReadUInt64LittleEndian(block[EpochOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[PageOffset..]),
            block[AreaOffset],
            block[MapCountOffset]);
        return page.MapCount <= MaximumMaps;
    }

    /// <summary>Reads one map's words.</summary>
    public static void ReadMap(ReadOnlySpan<byte> block, int map, Span<ulong> words)
    {
        ReadOnlySpan<byte> bytes = block.Slice(MapsOffset + (map * MapBytes), MapBytes);
        for (int word = 0; word < GrainMap.WordsPerPage; word++)
        {
            words[word] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(word * sizeof(ulong))..]);
        }
    }

    /// <summary>Writes one map's words; before <see cref="Seal"/>.</summary>
    public static void WriteMap(Span<byte> block, int map, ReadOnlySpan<ulong> words)
    {
        Span<byte> bytes = block.Slice(MapsOffset + (map * MapBytes), MapBytes);
        for (int word = 0; word < GrainMap.WordsPerPage; word++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[(word * sizeof(ulong))..], words[word]);
        }
    }

    /// <summary>Writes header and checksum over a block that holds the maps already; maps not in use are cleared.</summary>
    public void Seal(Span<byte> block)
    {
        block[..MapsOffset].Clear();
        block[(MapsOffset + (MapCount * MapBytes))..].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block[EpochOffset..], Epoch);
        BinaryPrimitives.WriteInt32LittleEndian(block[PageOffset..], Page);
        block[AreaOffset] = Area;
        block[MapCountOffset] = MapCount;
        new BlockHeader(BlockMagic.MapPage, BlockHeader.CurrentVersion, PairId, Sequence).Seal(block);
    }
}
