using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Caching;

/// <summary>
/// A disk write of neighbouring sectors, and the copy of them that is under I/O: puts change the pages meanwhile and never the copy. Used again and again.
/// </summary>
/// <param name="runBytes">The longest run of data.</param>
internal sealed class DiskRun(int runBytes)
{
    /// <summary>The longest run of zeros, in bytes.</summary>
    public const int MaximumZeroBytes = 64 << 20;

    private readonly byte[] _data = GC.AllocateUninitializedArray<byte>(runBytes, pinned: true);
    private (int Slot, byte Sectors)[] _pieces = new (int, byte)[runBytes / PageTable.PageBytes];
    private int _count;

    /// <summary>Where the run begins in the volume.</summary>
    public long OffsetBytes { get; private set; }

    /// <summary>How long it is.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>True where it is zeros without data.</summary>
    public bool IsZeroes { get; private set; }

    /// <summary>How it is written.</summary>
    public WriteOptions Options { get; private set; }

    /// <summary>Its place in the order in which runs began.</summary>
    public long Sequence { get; set; }

    /// <summary>The sectors that it takes from each page.</summary>
    public ReadOnlySpan<(int Slot, byte Sectors)> Pieces => _pieces.AsSpan(0, _count);

    /// <summary>Begins anew with nothing.</summary>
    public void Begin(long offsetBytes, bool isZeroes, WriteOptions options) =>
        (OffsetBytes, LengthBytes, IsZeroes, Options, _count) = (offsetBytes, 0, isZeroes, options, 0);

    /// <summary>True where so many bytes more fit in.</summary>
    public bool HasRoomFor(int lengthBytes) => LengthBytes + lengthBytes <= (IsZeroes ? MaximumZeroBytes : _data.Length);

    /// <summary>Adds sectors that begin where the run ends.</summary>
    /// <param name="slot">The page's slot.</param>
    /// <param name="sectors">Neighbouring sectors of it.</param>
    /// <param name="page">The page.</param>
    /// <param name="content">The page's buffer.</param>
    public void Add(int slot, byte sectors, in CachedPage page, ReadOnlySpan<byte> content)
    {
        if (_count == _pieces.Length)
        {
            Array.Resize(ref _pieces, _count * 2);
        }

        _pieces[_count++] = (slot, sectors);
        (int first, int end) = SectorMask.Bounds(sectors);
        int lengthBytes = (end - first) * BlockGeometry.SectorBytes;
        if (!IsZeroes)
        {
            Span<byte> copy = _data.AsSpan(LengthBytes, lengthBytes);
            content.Slice(first * BlockGeometry.SectorBytes, lengthBytes).CopyTo(copy);
            SectorMask.ClearZeroes((byte)(page.Zero & sectors), first, copy);
        }

        LengthBytes += lengthBytes;
    }

    /// <summary>Writes it to the disk.</summary>
    public ValueTask WriteAsync(IBlockDevice device) => IsZeroes
        ? device.WriteZeroesAsync(OffsetBytes, LengthBytes, Options, CancellationToken.None)
        : device.WriteAsync(OffsetBytes, _data.AsMemory(0, LengthBytes), Options, CancellationToken.None);
}
