namespace MirrorTools.Engine.Maps;

/// <content>Set algebra over a run of grains: pages that the run covers whole as in the algebra over whole maps, the others by their words.</content>
public sealed partial class GrainMap
{
    /// <summary><paramref name="target"/> OR <paramref name="mask"/> in a run, into the target; grains outside the run stay as they are.</summary>
    /// <param name="target">The map that changes.</param>
    /// <param name="mask">A map of as many grains.</param>
    /// <param name="range">The run.</param>
    public static void Or(GrainMap target, GrainMap mask, GrainRange range) => Combine<OrAlgebra>(target, mask, range);

    private static void Combine<TAlgebra>(GrainMap target, GrainMap mask, GrainRange range)
        where TAlgebra : struct, IWordAlgebra
    {
        CheckSameSize(target, mask);
        target.Check(range);
        for (long from = range.First; from < range.End;)
        {
            int page = PageOf(from);
            GrainRange grains = target.GrainsOf(page);
            int start = (int)(from - grains.First);
            int end = (int)Math.Min(range.End - grains.First, grains.Count);
            bool changed = start == 0 && end == grains.Count
                ? CombinePage<TAlgebra>(target, mask, page)
                : CombinePart<TAlgebra>(target, mask, page, start, end);
            if (changed)
            {
                target._setBits.Appeared(page);
                target._clearBits.Appeared(page);
            }

            from = grains.First + end;
        }
    }

    private static bool CombinePart<TAlgebra>(GrainMap target, GrainMap mask, int page, int start, int end)
        where TAlgebra : struct, IWordAlgebra
    {
        if (!MayChange<TAlgebra>(target, mask, page))
        {
            return false;
        }

        ulong[] maskWords = mask.PageAt(page);
        bool changed = false;
        for (int word = start >> 6; word <= (end - 1) >> 6; word++)
        {
            ulong bits = ulong.MaxValue << Math.Max(0, start - (word << 6)) & ulong.MaxValue >> Math.Max(0, ((word + 1) << 6) - end);
            ulong masking = Volatile.Read(ref maskWords[word]);
            if ((TAlgebra.Changes(Volatile.Read(ref target.PageAt(page)[word]), masking) & bits) != 0)
            {
                changed |= ApplyToWord<TAlgebra>(ref target.Materialise(page)[word], masking, bits);
            }
        }

        return changed;
    }
}
