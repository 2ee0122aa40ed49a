using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring;

/// <summary>Lays out a side's metadata for a new pair, and reads its record.</summary>
internal static class PairMetadata
{
    /// <summary>Reads the record.</summary>
    /// <exception cref="MetadataCorruptException">There is none that can be read.</exception>
    public static PairRecord ReadRecord(MetadataStore store) =>
        PairRecordCodec.TryDecode(store.State.Current.Span, out PairRecord? record)
            ? record!
            : throw new MetadataCorruptException("state record", "The pair's state record can't be read.");

    public static async Task CreateAsync(MirrorParts parts, MetadataIdentity identity, PairRecord record)
    {
        MetadataStore store = await MetadataStore.CreateAsync(parts.Metadata, identity, CancellationToken.None);
        await DirtyRegionLog.CreateAsync(identity, store.RegionLogPlace, parts.SecondLog, parts.Time, CancellationToken.None);
        if (identity.Service == CopyService.AsyncCopy)
        {
            await PreservedArea.CreateAsync(parts.Intermediate, identity.PairId, identity.Geometry);
        }

        await store.State.WriteAsync(PairRecordCodec.Encode(record), CancellationToken.None);
    }
}
