using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache;

/// <summary>
/// Which grains each of the other nodes lacks (S-9): what it may not have hardened when it went, and what was written since. Durable by map pages, and by hot regions for what was
/// written last. On the pair's scheduler.
/// </summary>
internal sealed class MissingGrains
{
    private readonly GrainMap[] _maps;

    /// <summary>Creates empty maps.</summary>
    /// <param name="grainCount">The volume's grains.</param>
    /// <param name="nodes">The pair's nodes.</param>
    public MissingGrains(long grainCount, int nodes)
    {
        _maps = new GrainMap[nodes];
        for (int place = 0; place < nodes; place++)
        {
            _maps[place] = new GrainMap(grainCount, initialValue: false);
        }

        Behind = new DirtyPages(GrainMap.PagesFor(grainCount));
    }

    /// <summary>The maps by the nodes' places; the one of this node itself is empty.</summary>
    public GrainMap[] Maps => _maps;

    /// <summary>Pages that differ from what is on disk.</summary>
    public DirtyPages Behind { get; }

    /// <summary>The map of a node.</summary>
    public GrainMap Of(int place) => _maps[place];

    /// <summary>A node lacks these grains.</summary>
    public void Add(int place, GrainRange grains)
    {
        if (grains.Count > 0 && _maps[place].SetRange(grains) > 0)
        {
            MarkBehind(grains);
        }
    }

    /// <summary>A node lacks these grains.</summary>
    public void Add(int place, GrainMap grains) => GrainMap.Or(_maps[place], grains, page => Behind.Mark(page));

    /// <summary>A node has these grains durably.</summary>
    public void Remove(int place, GrainRange grains)
    {
        if (_maps[place].ClearRange(grains) > 0)
        {
            MarkBehind(grains);
        }
    }

    /// <summary>A node takes part again.</summary>
    public void Clear(int place) => Remove(place, new GrainRange(0, _maps[place].GrainCount));

    private void MarkBehind(GrainRange grains)
    {
        int first = GrainMap.PageOf(grains.First);
        Behind.MarkRange(first, GrainMap.PageOf(grains.End - 1) - first + 1);
    }
}
