using MirrorTools.Agent.Volumes;
using MirrorTools.Engine.Maps;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Agent.Exports;

/// <summary>Keeps a copy of each map for a moment, since a client asks for block status in many small steps.</summary>
/// <param name="volume">The volume.</param>
internal sealed class MapCache(Volume volume)
{
    private const long KeptMs = 1_000;
    private readonly Dictionary<string, (GrainMap Map, long TakenAtMs)> _kept = [];

    /// <summary>The map of an NBD context.</summary>
    public async Task<GrainMap> GetAsync(string context)
    {
        lock (_kept)
        {
            if (_kept.TryGetValue(context, out var kept) && Environment.TickCount64 - kept.TakenAtMs < KeptMs)
            {
                return kept.Map;
            }
        }

        var fresh = volume.Maps.TryGetValue(context, out var snapshot)
            ? await snapshot()
            : throw new NbdException(NbdError.NotSupported, $"The volume keeps no map {context}.");
        lock (_kept)
        {
            _kept[context] = (fresh, Environment.TickCount64);
        }

        return fresh;
    }
}
