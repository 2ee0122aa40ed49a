using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy;

/// <summary>Lays out a side's metadata for a new pair.</summary>
internal static class PairMetadata
{
    public static async Task CreateAsync(FlashcopyParts parts, MetadataIdentity identity, PairRecord record)
    {
        MetadataStore store = await MetadataStore.CreateAsync(parts.Metadata, identity, CancellationToken.None);
        await DirtyRegionLog.CreateAsync(identity, store.RegionLogPlace, parts.SecondLog, parts.Time, CancellationToken.None);
        await store.State.WriteAsync(PairRecordCodec.Encode(record), CancellationToken.None);
    }
}
