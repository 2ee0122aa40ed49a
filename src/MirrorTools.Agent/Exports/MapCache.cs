using MirrorTools.Agent.Volumes;
using MirrorTools.Engine.Maps;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Agent.Exports;

/// <summary>Keeps a copy of each map for a moment, since a client asks for block status in many small steps.</summary>
/// <param name="volume">The volume.</param>
internal sealed class MapCache(Volume volume)
{
    private const long KeptMs = 1_000;
    private readonly (GrainMap? Map, long TakenAtMs)[] _kept = new (GrainMap?, long)[2];

    /// <summary>The copied map, or the future one.</summary>
    public async Task<GrainMap> GetAsync(bool copied)
    {
        var index = copied ? 0 : 1;
        lock (_kept)
        {
            if (_kept[index] is { Map: { } map } kept && Environment.TickCount64 - kept.TakenAtMs < KeptMs)
            {
                return map;
            }
        }

        var fresh = volume.SnapshotMap is { } snapshot
            ? await snapshot(copied)
            : throw new NbdException(NbdError.NotSupported, "The volume keeps no maps.");
        lock (_kept)
        {
            _kept[index] = (fresh, Environment.TickCount64);
        }

        return fresh;
    }
}
