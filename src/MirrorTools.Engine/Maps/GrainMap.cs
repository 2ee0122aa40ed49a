namespace MirrorTools.Engine.Maps;

/// <summary>One bit per grain, in pages of <see cref="GrainsPerPage"/>; a page whose bits are all equal takes no memory.</summary>
public sealed class GrainMap
{
    /// <summary>How many grains a page holds.</summary>
    public const int GrainsPerPage = 8064;

    /// <summary>How many 64-bit words a page holds.</summary>
    public const int WordsPerPage = GrainsPerPage / 64;

    /// <summary>Creates a map whose bits are all <paramref name="initialValue"/>.</summary>
    public GrainMap(long grainCount, bool initialValue) => GrainCount = grainCount;

    /// <summary>How many grains the map has.</summary>
    public long GrainCount { get; }

    /// <summary>How many pages the map has.</summary>
    public int PageCount => throw new NotImplementedException();

    /// <summary>The bit of a grain.</summary>
    public bool this[long grain] => throw new NotImplementedException();

    /// <summary>How many pages a map of <paramref name="grainCount"/> grains has.</summary>
    public static int PagesFor(long grainCount) => throw new NotImplementedException();

    /// <summary>The page that holds a grain.</summary>
    public static int PageOf(long grain) => throw new NotImplementedException();

    /// <summary>The grains of a page; fewer than <see cref="GrainsPerPage"/> in the last one.</summary>
    public GrainRange GrainsOf(int page) => throw new NotImplementedException();

    /// <summary>How many grains a page holds.</summary>
    public int GrainCountInPage(int page) => throw new NotImplementedException();

    /// <summary>Sets a bit atomically; true where it was 0.</summary>
    public bool Set(long grain) => throw new NotImplementedException();

    /// <summary>Clears a bit atomically; true where it was 1.</summary>
    public bool Clear(long grain) => throw new NotImplementedException();

    /// <summary>Sets a run of bits, atomically per word.</summary>
    public void SetRange(GrainRange range) => throw new NotImplementedException();

    /// <summary>Clears a run of bits, atomically per word.</summary>
    public void ClearRange(GrainRange range) => throw new NotImplementedException();

    /// <summary>Counts the ones.</summary>
    public long CountSet() => throw new NotImplementedException();

    /// <summary>Counts the ones of a run.</summary>
    public long CountSet(GrainRange range) => throw new NotImplementedException();

    /// <summary>The first grain at or after <paramref name="from"/> whose bit is 1; <see cref="GrainCount"/> where there is none.</summary>
    public long NextSet(long from) => throw new NotImplementedException();

    /// <summary>The first grain at or after <paramref name="from"/> whose bit is 0; <see cref="GrainCount"/> where there is none.</summary>
    public long NextClear(long from) => throw new NotImplementedException();

    /// <summary>The first grain after <paramref name="from"/> whose bit differs from that of <paramref name="from"/>.</summary>
    public long RunEnd(long from) => throw new NotImplementedException();

    /// <summary>True where every bit of the run is 1.</summary>
    public bool AllSet(GrainRange range) => throw new NotImplementedException();

    /// <summary>True where every bit of the run is 0.</summary>
    public bool NoneSet(GrainRange range) => throw new NotImplementedException();

    /// <summary>The runs of equal bits with the given value, ascending.</summary>
    public IEnumerable<GrainRange> Ranges(bool value) => throw new NotImplementedException();

    /// <summary>True where a page takes no memory since all its bits are <paramref name="value"/>.</summary>
    public bool IsUniform(int page, out bool value) => throw new NotImplementedException();

    /// <summary>Copies a page's words, each read atomically.</summary>
    public void ReadPage(int page, Span<ulong> words) => throw new NotImplementedException();

    /// <summary>Replaces a page; uniform where all bits are equal. Only without concurrent writers.</summary>
    public void LoadPage(int page, ReadOnlySpan<ulong> words) => throw new NotImplementedException();

    /// <summary>Sets all bits to one value and gives the memory back. Only without concurrent writers.</summary>
    public void Reset(bool value) => throw new NotImplementedException();

    /// <summary>Gives the pages of a run their memory beforehand, so that the hot path never allocates.</summary>
    public void MaterialisePages(GrainRange range) => throw new NotImplementedException();

    /// <summary><paramref name="target"/> AND NOT <paramref name="mask"/> into the target.</summary>
    public static void AndNot(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => throw new NotImplementedException();

    /// <summary><paramref name="target"/> OR <paramref name="mask"/> into the target.</summary>
    public static void Or(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => throw new NotImplementedException();

    /// <summary><paramref name="target"/> OR NOT <paramref name="mask"/> into the target.</summary>
    public static void OrNot(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => throw new NotImplementedException();

    /// <summary><paramref name="target"/> AND <paramref name="mask"/> into the target.</summary>
    public static void And(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => throw new NotImplementedException();

    /// <summary><paramref name="target"/> XOR <paramref name="mask"/> into the target.</summary>
    public static void Xor(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => throw new NotImplementedException();
}
