using System.Buffers.Binary;

namespace MirrorTools.Engine.Tests.Caching;

/// <summary>Every version that each sector of a volume ever had. A version is zeros or filled with its own number, so that a sector of two versions shows.</summary>
internal sealed class SectorModel
{
    private readonly List<bool>[] _isZeroes;

    public SectorModel(long lengthBytes)
    {
        _isZeroes = new List<bool>[lengthBytes / 512];
        for (int sector = 0; sector < _isZeroes.Length; sector++)
        {
            _isZeroes[sector] = [true];
        }

        Hardened = new int[_isZeroes.Length];
    }

    public int SectorCount => _isZeroes.Length;

    /// <summary>The version of each sector that was announced as hardened last.</summary>
    public int[] Hardened { get; }

    public int Latest(long sector) => _isZeroes[sector].Count - 1;

    /// <summary>The content of the next versions of some sectors, which are not the latest before <see cref="Put"/>.</summary>
    public byte[] Next(long first, int count)
    {
        byte[] data = new byte[count * 512];
        for (int i = 0; i < count; i++)
        {
            Fill(data.AsSpan(i * 512, 512), first + i, Latest(first + i) + 1);
        }

        return data;
    }

    public void Put(long first, long count, bool isZeroes)
    {
        for (long sector = first; sector < first + count; sector++)
        {
            _isZeroes[sector].Add(isZeroes);
        }
    }

    /// <summary>A power cut took a sector back to a version, which is hardened.</summary>
    public void Rewind(long sector, int version)
    {
        _isZeroes[sector].RemoveRange(version + 1, Latest(sector) - version);
        Hardened[sector] = version;
    }

    /// <summary>True where the content is one of a sector's versions, whole.</summary>
    public bool IsOneOf(ReadOnlySpan<byte> content, long sector, int from, int to)
    {
        Span<byte> expected = stackalloc byte[512];
        for (int version = to; version >= from; version--)
        {
            expected.Clear();
            if (!_isZeroes[sector][version])
            {
                Fill(expected, sector, version);
            }

            if (content.SequenceEqual(expected))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a sector shows, for people.</summary>
    public static string Describe(ReadOnlySpan<byte> content)
    {
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(content);
        ulong last = BinaryPrimitives.ReadUInt64LittleEndian(content[504..]);
        return $"sector {(first >> 32) - 1} version {first & uint.MaxValue}" + (first == last ? "" : $", then sector {(last >> 32) - 1} version {last & uint.MaxValue}");
    }

    private static void Fill(Span<byte> content, long sector, int version)
    {
        for (int at = 0; at < 512; at += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(content[at..], ((ulong)(sector + 1) << 32) | (uint)version);
        }
    }
}
