using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Hosts;

/// <summary>
/// How many writes of each grain are on their way and not in the cache yet: a grain with one is not hardened, whatever the disk has of it (S-7). On the pair's scheduler.
/// </summary>
internal sealed class PendingGrains
{
    private readonly Dictionary<long, int> _counts = [];

    /// <summary>A write to these grains is on its way.</summary>
    public void Begin(GrainRange grains)
    {
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            _counts[grain] = _counts.GetValueOrDefault(grain) + 1;
        }
    }

    /// <summary>It is in the cache, or was given up.</summary>
    public void End(GrainRange grains)
    {
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            int left = _counts[grain] - 1;
            if (left == 0)
            {
                _counts.Remove(grain);
            }
            else
            {
                _counts[grain] = left;
            }
        }
    }

    /// <summary>True while a write to the grain is on its way.</summary>
    public bool Has(long grain) => _counts.ContainsKey(grain);

    /// <summary>True while a write to one of these grains is on its way.</summary>
    public bool HasAny(GrainRange grains)
    {
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            if (_counts.ContainsKey(grain))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The grains with writes on their way.</summary>
    public IEnumerable<long> Grains => _counts.Keys;
}
