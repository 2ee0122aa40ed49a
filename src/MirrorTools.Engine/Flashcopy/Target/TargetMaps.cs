using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>The maps of site 2 [90, 91]; changed on the pair's scheduler only, read from anywhere.</summary>
internal sealed class TargetMaps
{
    public TargetMaps(GrainGeometry geometry)
    {
        Geometry = geometry;
        Copied = new GrainMap(geometry.GrainCount, true);
        Settled = new GrainMap(geometry.GrainCount, true);
        Future = new GrainMap(geometry.GrainCount, false);
        Lost = new GrainMap(geometry.GrainCount, false);
        Behind = new DirtyPages(Copied.PageCount);
    }

    public GrainGeometry Geometry { get; }

    /// <summary><c>copied2</c>: 1: the committed image of the grain is on D; 0: it is in C.</summary>
    public GrainMap Copied { get; }

    /// <summary>Where <see cref="Copied"/> is 1 durably, D's data before it: only there may C be overwritten (F-14).</summary>
    public GrainMap Settled { get; }

    /// <summary><c>future2</c>: C holds, or may hold, something newer than the committed image.</summary>
    public GrainMap Future { get; private set; }

    /// <summary>Grains whose newer content in C may be gone since an unclean stop: site 1 sends them again (F-21).</summary>
    public GrainMap Lost { get; }

    /// <summary>Pages whose durable copy is behind.</summary>
    public DirtyPages Behind { get; }

    /// <summary>The maps in the order of the map area.</summary>
    public GrainMap[] Stored => [Copied, Future, Lost];

    /// <summary>Marks the pages of a range as behind.</summary>
    public void Touched(GrainRange range)
    {
        for (int page = GrainMap.PageOf(range.First); page <= GrainMap.PageOf(range.End - 1); page++)
        {
            Behind.Mark(page);
        }
    }

    /// <summary>
    /// The renewal at a commit (F-9): <c>copied2 AND NOT future2</c>, <c>future2 := 0</c>. A grain that was suspect and was not sent again was not overwritten by the point,
    /// so D still holds it.
    /// </summary>
    /// <returns>The grains the commit brought: what the second flashcopy has to copy for it.</returns>
    public GrainMap Renew()
    {
        GrainMap brought = Future;
        GrainMap.AndNot(brought, Lost);
        GrainMap.AndNot(Copied, brought, page => Behind.Mark(page));
        GrainMap.AndNot(Settled, brought);
        Future = new GrainMap(Geometry.GrainCount, false);
        Lost.Reset(false);
        return brought;
    }

    /// <summary>The same renewal for one page as it is read from disk after a commit that it was not rewritten for.</summary>
    public static void Fold(Span<ulong> copied, Span<ulong> future, Span<ulong> lost)
    {
        for (int word = 0; word < copied.Length; word++)
        {
            copied[word] &= ~(future[word] & ~lost[word]);
            future[word] = 0;
            lost[word] = 0;
        }
    }
}
