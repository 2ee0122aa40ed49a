using System.Runtime.Intrinsics;

namespace MirrorTools.Engine.Maps;

/// <content>
/// Set algebra over whole maps. The target's words change by compare-and-swap, so atomic changes of single bits may go on meanwhile; each word
/// is combined with the mask at one instant. Pages where nothing can change are skipped without looking at their words (F-24).
/// </content>
public sealed partial class GrainMap
{
    /// <summary><paramref name="target"/> AND NOT <paramref name="mask"/>, into the target.</summary>
    /// <param name="target">The map that changes.</param>
    /// <param name="mask">A map of as many grains.</param>
    /// <param name="pageChanged">Called for each page of the target that changed, ascending.</param>
    public static void AndNot(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => Combine<AndNotAlgebra>(target, mask, pageChanged);

    /// <summary><paramref name="target"/> OR <paramref name="mask"/>, into the target.</summary>
    /// <inheritdoc cref="AndNot" path="/param"/>
    public static void Or(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => Combine<OrAlgebra>(target, mask, pageChanged);

    /// <summary><paramref name="target"/> OR NOT <paramref name="mask"/>, into the target.</summary>
    /// <inheritdoc cref="AndNot" path="/param"/>
    public static void OrNot(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => Combine<OrNotAlgebra>(target, mask, pageChanged);

    /// <summary><paramref name="target"/> AND <paramref name="mask"/>, into the target.</summary>
    /// <inheritdoc cref="AndNot" path="/param"/>
    public static void And(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => Combine<AndAlgebra>(target, mask, pageChanged);

    /// <summary><paramref name="target"/> XOR <paramref name="mask"/>, into the target.</summary>
    /// <inheritdoc cref="AndNot" path="/param"/>
    public static void Xor(GrainMap target, GrainMap mask, Action<int>? pageChanged = null) => Combine<XorAlgebra>(target, mask, pageChanged);

    private static void Combine<TAlgebra>(GrainMap target, GrainMap mask, Action<int>? pageChanged)
        where TAlgebra : struct, IWordAlgebra
    {
        CheckSameSize(target, mask);
        for (int page = 0; page < target._pages.Length; page++)
        {
            if (CombinePage<TAlgebra>(target, mask, page))
            {
                target._setBits.Appeared(page);
                target._clearBits.Appeared(page);
                pageChanged?.Invoke(page);
            }
        }
    }

    private static void CheckSameSize(GrainMap target, GrainMap mask)
    {
        if (target.GrainCount != mask.GrainCount)
        {
            throw new ArgumentException($"A map of {mask.GrainCount} grains can't be combined into one of {target.GrainCount}.", nameof(mask));
        }
    }

    private static bool CombinePage<TAlgebra>(GrainMap target, GrainMap mask, int page)
        where TAlgebra : struct, IWordAlgebra
    {
        if (!MayChange<TAlgebra>(target, mask, page))
        {
            return false;
        }

        ulong[] valid = target.Uniform(page, true);
        ulong[] maskWords = mask.PageAt(page);
        ulong[] words = target.PageAt(page);
        while (target.IsShared(words))
        {
            if (!Changes<TAlgebra>(words, maskWords, valid))
            {
                return false;
            }

            // All bits of both are equal, and something changes: the result is the other uniform page.
            ulong[] wanted = mask.IsShared(maskWords) ? target.Uniform(page, words == target._zeros) : [.. words];
            if (!target.IsShared(wanted))
            {
                Apply<TAlgebra>(wanted, maskWords, valid);
            }

            ulong[] seen = Interlocked.CompareExchange(ref target._pages[page], wanted, words);
            if (seen == words)
            {
                return true;
            }

            words = seen;
        }

        return Apply<TAlgebra>(words, maskWords, valid);
    }

    /// <summary>False where nothing can change, whatever the words say that nobody looked at.</summary>
    private static bool MayChange<TAlgebra>(GrainMap target, GrainMap mask, int page)
        where TAlgebra : struct, IWordAlgebra
    {
        bool? maskValue = mask.KnownValue(page);
        if (maskValue is { } known && TAlgebra.Changes(0, Word(known)) == 0 && TAlgebra.Changes(ulong.MaxValue, Word(known)) == 0)
        {
            return false;
        }

        bool? targetValue = target.KnownValue(page);
        return targetValue is not { } value || TAlgebra.Changes(Word(value), 0) != 0 || TAlgebra.Changes(Word(value), ulong.MaxValue) != 0;
    }

    private static ulong Word(bool value) => value ? ulong.MaxValue : 0;

    private static bool Changes<TAlgebra>(ulong[] words, ulong[] mask, ulong[] valid)
        where TAlgebra : struct, IWordAlgebra
    {
        for (int index = 0; index < WordsPerPage; index++)
        {
            if ((TAlgebra.Changes(words[index], Volatile.Read(ref mask[index])) & valid[index]) != 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Apply<TAlgebra>(ulong[] words, ulong[] mask, ulong[] valid)
        where TAlgebra : struct, IWordAlgebra
    {
        bool changed = false;
        int index = 0;
        for (; index <= WordsPerPage - Vector256<ulong>.Count; index += Vector256<ulong>.Count)
        {
            // The vector only asks whether a word may need a change; the change itself reads the word again.
            Vector256<ulong> changes = TAlgebra.Changes(Vector256.LoadUnsafe(ref words[index]), Vector256.LoadUnsafe(ref mask[index]))
                & Vector256.LoadUnsafe(ref valid[index]);
            if (changes == Vector256<ulong>.Zero)
            {
                continue;
            }

            for (int word = index; word < index + Vector256<ulong>.Count; word++)
            {
                changed |= ApplyToWord<TAlgebra>(ref words[word], Volatile.Read(ref mask[word]), valid[word]);
            }
        }

        for (; index < WordsPerPage; index++)
        {
            changed |= ApplyToWord<TAlgebra>(ref words[index], Volatile.Read(ref mask[index]), valid[index]);
        }

        return changed;
    }

    private static bool ApplyToWord<TAlgebra>(ref ulong word, ulong mask, ulong valid)
        where TAlgebra : struct, IWordAlgebra
    {
        while (true)
        {
            ulong before = Volatile.Read(ref word);
            ulong changes = TAlgebra.Changes(before, mask) & valid;
            if (changes == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref word, before ^ changes, before) == before)
            {
                return true;
            }
        }
    }
}
