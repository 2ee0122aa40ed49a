using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>
/// The two bitmaps [50, 52] of figure 3: in each range one of them is current and the other one old, and a toggle exchanges these roles without copying a bit. The keeper's
/// record is a pair of them, and so is the scanner's mirror of it.
/// </summary>
/// <param name="ranges">The volume's ranges.</param>
internal sealed class ToggledMaps(HardeningRanges ranges)
{
    private readonly GrainMap _first = new(ranges.GrainCount, initialValue: false);
    private readonly GrainMap _second = new(ranges.GrainCount, initialValue: false);
    private readonly bool[] _isSecondCurrent = new bool[ranges.Count];

    /// <summary>The map that marks of a range go into; its bits in other ranges mean nothing here.</summary>
    public GrainMap Current(int range) => _isSecondCurrent[range] ? _second : _first;

    /// <summary>The map that a scan of the range is about; its bits in other ranges mean nothing here.</summary>
    public GrainMap Old(int range) => _isSecondCurrent[range] ? _first : _second;

    /// <summary>True where the grain is in either map.</summary>
    public bool IsMarked(long grain) => _first[grain] || _second[grain];

    /// <summary>Marks grains in the current maps of their ranges.</summary>
    public void Mark(GrainRange grains)
    {
        while (grains.Count > 0)
        {
            GrainRange part = ranges.FirstPart(grains, out int range);
            Current(range).SetRange(part);
            grains = new GrainRange(part.End, grains.Count - part.Count);
        }
    }

    /// <summary>The current map of a range becomes its old one, and an empty one is current.</summary>
    /// <exception cref="InvalidOperationException">The old map is in use.</exception>
    public void Toggle(int range)
    {
        if (!Old(range).NoneSet(ranges.GrainsOf(range)))
        {
            throw new InvalidOperationException($"Range {range} can't be toggled while its old map is in use.");
        }

        _isSecondCurrent[range] = !_isSecondCurrent[range];
    }

    /// <summary>Nothing of a range's old map is needed any more.</summary>
    public void ClearOld(int range) => Old(range).ClearRange(ranges.GrainsOf(range));

    /// <summary>Takes the old maps of all ranges back into the current ones: the session is lost, and no completion will come (S-4).</summary>
    public void Merge()
    {
        for (int range = 0; range < ranges.Count; range++)
        {
            GrainMap.Or(Current(range), Old(range), ranges.GrainsOf(range));
            ClearOld(range);
        }
    }

    /// <summary>A new map of the grains that are in either map.</summary>
    public GrainMap Union()
    {
        GrainMap union = new(ranges.GrainCount, initialValue: false);
        GrainMap.Or(union, _first);
        GrainMap.Or(union, _second);
        return union;
    }
}
