using System.Globalization;
using MirrorTools.Contracts.Points;

namespace MirrorTools.Cmdlets.Points;

/// <summary>Finds points by what a user typed: a number or a name.</summary>
internal static class PointSelection
{
    /// <summary>The number that a text is; null where it is a name.</summary>
    public static long? NumberOf(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The point of a list that a text names; null where there is none.</summary>
    public static PointInfo? Find(IEnumerable<PointInfo> points, string text) => NumberOf(text) is { } number
        ? points.FirstOrDefault(point => point.Number == number)
        : points.FirstOrDefault(point => string.Equals(point.Name, text, StringComparison.OrdinalIgnoreCase));
}
