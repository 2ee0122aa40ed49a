using System.Globalization;

namespace MirrorTools.Engine.Events;

/// <summary>Reports a pair's events to whoever keeps them.</summary>
/// <param name="pairId">The pair.</param>
/// <param name="time">The clock.</param>
/// <param name="sink">Takes each event; must not throw or wait.</param>
public sealed class PairEvents(Guid pairId, TimeProvider time, Action<PairEvent> sink)
{
    /// <summary>Reports one event.</summary>
    public void Report(PairEventId id, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        KeyValuePair<string, string>[] texts = new KeyValuePair<string, string>[arguments.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = new(arguments[i].Name, Text(arguments[i].Value));
        }

        sink(new PairEvent(pairId, id, time.GetUtcNow(), texts));
    }

    private static string Text(object? value) => value switch
    {
        DateTimeOffset at => at.ToString("O", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    };
}
