using System.Globalization;

namespace MirrorTools.Cmdlets.Display;

/// <summary>Sizes for people: three digits and KB, MB, GB or TB, by powers of 1024 as PowerShell counts them.</summary>
public static class SizeText
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>Writes a size.</summary>
    /// <param name="bytes">The size in bytes.</param>
    public static string Of(long bytes)
    {
        double value = bytes;
        var unit = 0;
        // 999.5 would be rounded to four digits: that is the next unit's.
        while (Math.Abs(value) >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var digits = unit == 0 || Math.Abs(value) >= 99.95 ? "0" : Math.Abs(value) >= 9.995 ? "0.#" : "0.##";
        return value.ToString(digits, CultureInfo.InvariantCulture) + " " + Units[unit];
    }
}
