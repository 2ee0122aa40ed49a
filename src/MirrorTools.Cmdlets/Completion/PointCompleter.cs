using System.Collections;
using System.Globalization;
using MirrorTools.Contracts.Points;

namespace MirrorTools.Cmdlets.Completion;

/// <summary>Completes numbers and names of the consistency points of the pair that is typed.</summary>
public class PointCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override async Task<IEnumerable<(string Text, string ToolTip)>> NamesAsync(IDictionary bound)
    {
        if (BoundText(bound, "Pair", "Name") is not { Length: > 0 } pair)
        {
            return [];
        }

        var points = await AskAsync(bound, (client, cancel) => client.Points.ListAsync(pair, cancel)).ConfigureAwait(false);
        return points.Select(point => (point.Number.ToString(CultureInfo.InvariantCulture), ToolTip(point)))
            .Concat(points.Where(point => TakesNames && point.Name is { Length: > 0 }).Select(point => (point.Name!, $"{point.Number} {point.PointTime}")));
    }

    /// <summary>True where a point may be given by its name as well.</summary>
    protected virtual bool TakesNames => true;

    private static string ToolTip(PointInfo point) => point.Name is { Length: > 0 } ? $"{point.PointTime} {point.Name}" : point.PointTime;
}
