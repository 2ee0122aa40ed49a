namespace MirrorTools.Engine.Journal;

/// <summary>Changes a page between the disk and the maps, so that a service can fold what its state record says (such as a renewal) into it.</summary>
/// <param name="page">The page.</param>
/// <param name="epoch">The epoch the page was written with.</param>
/// <param name="map0">The words of map 0.</param>
/// <param name="map1">The words of map 1.</param>
/// <param name="map2">The words of map 2.</param>
/// <param name="map3">The words of map 3.</param>
public delegate void PageFixup(int page, ulong epoch, Span<ulong> map0, Span<ulong> map1, Span<ulong> map2, Span<ulong> map3);
