using System.Text;
using MirrorTools.Contracts.Events;

namespace MirrorTools.Agent.Events;

/// <summary>An event as it is kept: a name and arguments, not a sentence.</summary>
/// <param name="Id">Rises by one.</param>
/// <param name="Time">When, ISO 8601 in UTC.</param>
/// <param name="Level">A name of <see cref="EventLevel"/>.</param>
/// <param name="Name">The kind's stable name.</param>
/// <param name="Pair">The pair's name at that time.</param>
/// <param name="PairId">The pair's id.</param>
/// <param name="Actor">Who asked for it; null where the agent acted by itself.</param>
/// <param name="Arguments">The arguments by name.</param>
public sealed record EventRecord(
    long Id, string Time, string Level, string Name, string? Pair, string? PairId, string? Actor, Dictionary<string, string> Arguments)
{
    /// <summary>The event with its sentence.</summary>
    public EventInfo ToInfo(string agentName) => new()
    {
        Id = Id,
        Time = Time,
        Level = Level,
        Name = Name,
        Agent = agentName,
        Pair = Pair,
        PairId = PairId,
        Actor = Actor,
        Arguments = Arguments,
        Message = Render(),
    };

    private string Render()
    {
        if (EventKinds.Find(Name) is not { } kind)
        {
            return $"{Name}: {string.Join(", ", Arguments.Select(argument => $"{argument.Key} = {argument.Value}"))}";
        }

        var sentence = new StringBuilder(kind.Template).Replace("{pair}", Pair ?? "");
        foreach (var (name, value) in Arguments)
        {
            sentence.Replace($"{{{name}}}", value);
        }

        return sentence.ToString().TrimEnd();
    }
}
