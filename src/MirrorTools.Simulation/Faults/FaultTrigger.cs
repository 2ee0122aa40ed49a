using System.Globalization;

namespace MirrorTools.Simulation.Faults;

/// <summary>When an action of a plan strikes.</summary>
/// <param name="Kind">What is counted.</param>
/// <param name="Count">The step's number, the instant in ticks of 100 ns, or how many times the mark is reached (from 1).</param>
/// <param name="Mark">The mark's name where <paramref name="Kind"/> is <see cref="FaultTriggerKind.Mark"/>, such as <c>C.write</c>.</param>
public readonly record struct FaultTrigger(FaultTriggerKind Kind, long Count, string Mark = "")
{
    /// <summary>At a step.</summary>
    public static FaultTrigger AtStep(long step) => new(FaultTriggerKind.Step, step);

    /// <summary>At an instant since the run's start.</summary>
    public static FaultTrigger AtTime(TimeSpan time) => new(FaultTriggerKind.Time, time.Ticks);

    /// <summary>When a mark is reached for the <paramref name="count"/>th time.</summary>
    public static FaultTrigger AtMark(string mark, long count) => new(FaultTriggerKind.Mark, count, mark);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, out FaultTrigger trigger)
    {
        trigger = default;
        var (kind, rest) = text.IndexOf(':') is var colon and > 0 ? (text[..colon], text[(colon + 1)..]) : (text, "");
        switch (kind)
        {
            case "step" when long.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var step):
                trigger = AtStep(step);
                return true;
            case "time" when double.TryParse(rest.TrimEnd('s'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds):
                trigger = AtTime(TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond)));
                return true;
            case "mark" when rest.LastIndexOf('#') is var hash and > 0
                             && long.TryParse(rest[(hash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var count):
                trigger = AtMark(rest[..hash], count);
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        FaultTriggerKind.Step => string.Create(CultureInfo.InvariantCulture, $"step:{Count}"),
        FaultTriggerKind.Time => string.Create(CultureInfo.InvariantCulture, $"time:{(decimal)Count / TimeSpan.TicksPerSecond}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"mark:{Mark}#{Count}"),
    };
}

/// <summary>What a trigger counts.</summary>
public enum FaultTriggerKind
{
    /// <summary>Steps of the scheduler: exact, and stale as soon as the code changes.</summary>
    Step,

    /// <summary>Simulated time.</summary>
    Time,

    /// <summary>How often something happened, such as a write to disk C: what outlives changes best.</summary>
    Mark,
}
