using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Journal;

/// <summary>The pages of up to four grain maps on disk, two slots each, written in turn. Used serially.</summary>
public sealed class MapArea
{
    /// <summary>Snapshots and writes each page into a slot that is not its last flushed one. Durable after the store's next flush.</summary>
    public Task WritePagesAsync(IReadOnlyList<int> pages, GrainMap[] maps, ulong epoch, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Reads every page that was ever written; the newest valid slot wins.</summary>
    public Task<MapLoadResult> LoadAsync(GrainMap[] maps, PageFixup? fixup, CancellationToken cancellationToken) => throw new NotImplementedException();
}
