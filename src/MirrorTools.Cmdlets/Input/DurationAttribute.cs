using System.Globalization;
using System.Management.Automation;

namespace MirrorTools.Cmdlets.Input;

/// <summary>
/// Lets a duration be given as a TimeSpan, a number of seconds, or a text such as <c>90s</c>, <c>15m</c>, <c>1.5h</c>, <c>500ms</c>, <c>7d</c>.
/// PowerShell by itself would take a number as ticks of 100 ns. A duration is never negative.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return data switch
        {
            null => null,
            TimeSpan span => span >= TimeSpan.Zero ? span : throw Unreadable(span.ToString()),

            // 7d on a command line is PowerShell's decimal number 7, and was meant as days; what was typed comes along.
            decimal when inputData?.ToString() is { } typed && typed.EndsWith("d", StringComparison.OrdinalIgnoreCase) => TryParse(typed, out var days) ? days : throw Unreadable(typed),
            string text when text.Trim().Length == 0 => null,
            string text => TryParse(text, out var parsed) ? parsed : throw Unreadable(text),
            int or long or double or decimal or float or short or byte =>
                Convert.ToDouble(data, CultureInfo.InvariantCulture) is var seconds && IsPossible(seconds) ? FromSeconds(seconds) : throw Unreadable($"{inputData}"),
            _ => throw Unreadable(data.ToString() ?? ""),
        };
    }

    /// <summary>Reads a duration.</summary>
    /// <param name="text">What was given.</param>
    /// <param name="duration">The duration.</param>
    internal static bool TryParse(string text, out TimeSpan duration)
    {
        text = text.Trim();
        var digits = text.TrimEnd('m', 's', 'h', 'd', 'M', 'S', 'H', 'D');
        var secondsPerUnit = text.Substring(digits.Length).ToLowerInvariant() switch
        {
            "ms" => 0.001,
            "" or "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => 0.0,
        };
        if (double.TryParse(digits.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && secondsPerUnit > 0
            && IsPossible(number * secondsPerUnit))
        {
            duration = FromSeconds(number * secondsPerUnit);
            return true;
        }

        // With a colon, since a TimeSpan's text without one is a number of days.
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration) && duration >= TimeSpan.Zero && text.Contains(':');
    }

    private static bool IsPossible(double seconds) => seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds;

    // TimeSpan.FromSeconds rounds to milliseconds on .NET Framework only; ticks are the same everywhere.
    private static TimeSpan FromSeconds(double seconds) => TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));

    private static ArgumentTransformationMetadataException Unreadable(string text) =>
        new($"'{text}' is not a duration. Give seconds, a TimeSpan, or a text such as 90s, 15m or 2h.");
}
