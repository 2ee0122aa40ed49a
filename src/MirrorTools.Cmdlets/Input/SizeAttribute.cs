using System.Globalization;
using System.Management.Automation;

namespace MirrorTools.Cmdlets.Input;

/// <summary>
/// Takes a number of bytes as PowerShell writes it (<c>64KB</c>, <c>1MB</c>, <c>65536</c>), also as a text such as <c>"1.5 GB"</c>, and says what it takes where it is something else.
/// PowerShell by itself would round a fraction and speak of its types.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SizeAttribute : ArgumentTransformationAttribute
{
    private static readonly string[] Units = ["KB", "MB", "GB", "TB", "PB"];

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return data switch
        {
            null => null,

            // Not given, or for the parameter's own type to refuse.
            string text when text.Trim().Length == 0 => inputData,
            string text => TryParse(text, out var parsed) ? parsed : throw Unreadable(text),
            sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal => OfNumber((IConvertible)data),
            _ => throw Unreadable(data.ToString() ?? ""),
        };
    }

    /// <summary>Reads a size.</summary>
    /// <param name="text">What was given.</param>
    /// <param name="bytes">The size in bytes.</param>
    internal static bool TryParse(string text, out long bytes)
    {
        text = text.Trim();
        var unit = Array.FindIndex(Units, name => text.EndsWith(name, StringComparison.OrdinalIgnoreCase));
        var digits = unit < 0 ? text : text.Substring(0, text.Length - Units[unit].Length).TrimEnd();
        bytes = 0;
        return decimal.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && TryWhole(number, 1L << (10 * (unit + 1)), out bytes);
    }

    private static long OfNumber(IConvertible number)
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        try
        {
            return TryWhole(number.ToDecimal(CultureInfo.InvariantCulture), 1, out var bytes) ? bytes : throw Unreadable(text);
        }
        catch (OverflowException)
        {
            throw Unreadable(text);
        }
    }

    private static bool TryWhole(decimal number, long unitBytes, out long bytes)
    {
        bytes = 0;
        if (Math.Abs(number) > long.MaxValue / unitBytes || decimal.Truncate(number * unitBytes) != number * unitBytes)
        {
            return false;
        }

        bytes = (long)(number * unitBytes);
        return true;
    }

    private static ArgumentTransformationMetadataException Unreadable(string text) =>
        new($"'{text}' is not a size in bytes. Give a whole number of bytes such as 65536, or one with KB, MB, GB, TB or PB such as 64KB, 1MB or 1.5GB.");
}
