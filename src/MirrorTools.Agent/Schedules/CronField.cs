using System.Globalization;

namespace MirrorTools.Agent.Schedules;

/// <summary>One field of a cron expression: the set of its values as bits, and how it was written.</summary>
/// <param name="Bits">Bit n is the value n.</param>
/// <param name="IsStar">Written as <c>*</c> or <c>?</c>, which matters for the two day fields.</param>
/// <param name="IsInterval">Written with <c>*</c>, a range or a step, which matters when clocks are set back.</param>
internal readonly record struct CronField(ulong Bits, bool IsStar, bool IsInterval)
{
    public bool Contains(int value) => (Bits >> value & 1) != 0;

    /// <summary>Parses lists, ranges and steps of numbers and names.</summary>
    /// <exception cref="FormatException">It is no field; the message says why.</exception>
    public static CronField Parse(string text, string name, int smallest, int largest, string[] names)
    {
        var bits = 0UL;
        foreach (var part in text.Split(','))
        {
            bits |= ParsePart(part, name, smallest, largest, names);
        }

        return new CronField(bits, text is "*" or "?", text.AsSpan().ContainsAny('*', '-', '/'));
    }

    private static ulong ParsePart(string part, string name, int smallest, int largest, string[] names)
    {
        var slash = part.Split('/');
        if (slash.Length > 2)
        {
            throw new FormatException($"'{part}' in the field {name} has more than one step.");
        }

        var step = slash.Length == 2 ? Number(slash[1], name, 1, largest, []) : 1;
        int first, last;
        if (slash[0] is "*" or "?")
        {
            (first, last) = (smallest, largest);
        }
        else
        {
            var ends = slash[0].Split('-');
            first = Number(ends[0], name, smallest, largest, names);
            last = ends.Length == 2 ? Number(ends[1], name, smallest, largest, names) : slash.Length == 2 ? largest : first;
            if (ends.Length > 2 || last < first)
            {
                throw new FormatException($"'{part}' in the field {name} is no range.");
            }
        }

        var bits = 0UL;
        for (var value = first; value <= last; value += step)
        {
            bits |= 1UL << value;
        }

        return bits;
    }

    private static int Number(string text, string name, int smallest, int largest, string[] names)
    {
        var named = Array.FindIndex(names, known => known.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (named >= 0)
        {
            return named + smallest;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= smallest && number <= largest
            ? number
            : throw new FormatException($"'{text}' in the field {name} is not a number from {smallest} to {largest}.");
    }
}
