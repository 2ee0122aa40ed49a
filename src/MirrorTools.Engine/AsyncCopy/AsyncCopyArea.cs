using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy;

/// <summary>The storage of preserved grains that each side of a pair of asynchronous copy has beside its volume: the target [126] of the source document.</summary>
public static class AsyncCopyArea
{
    /// <summary>How long a storage has to be that holds every grain of a volume once, in bytes. A sparse file takes no more room than what it holds.</summary>
    public static long RequiredLengthBytes(GrainGeometry geometry) => PreservedArea.LengthFor(geometry, geometry.GrainCount);

    /// <summary>Lays an empty area out over whatever the storage holds. Only where nothing in it counts: not at a target, nor at a source that was recovered.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    public static Task CreateAsync(IBlockDevice storage, Guid pairId, GrainGeometry geometry) => PreservedArea.CreateAsync(storage, pairId, geometry);
}
