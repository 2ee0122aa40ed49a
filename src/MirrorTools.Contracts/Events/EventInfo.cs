using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Events;

/// <summary>Something that happened: an id and arguments, with the sentence they render to.</summary>
[DataContract]
public sealed class EventInfo
{
    /// <summary>Rises by one for each event of the agent; never used twice.</summary>
    [DataMember(Name = "id")]
    public long Id { get; set; }

    /// <summary>When (ISO 8601, UTC).</summary>
    [DataMember(Name = "time")]
    public string Time { get => field ?? ""; set; }

    /// <summary>A name of <see cref="EventLevel"/>.</summary>
    [DataMember(Name = "level")]
    public string Level { get => field ?? ""; set; }

    /// <summary>The stable name of the kind of event, such as <c>CycleCommitted</c>.</summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>The agent's name.</summary>
    [DataMember(Name = "agent")]
    public string Agent { get => field ?? ""; set; }

    /// <summary>The pair's name.</summary>
    [DataMember(Name = "pair", EmitDefaultValue = false)]
    public string? Pair { get; set; }

    /// <summary>The pair's id.</summary>
    [DataMember(Name = "pairId", EmitDefaultValue = false)]
    public string? PairId { get; set; }

    /// <summary>Who asked for it; absent where the agent acted by itself.</summary>
    [DataMember(Name = "actor", EmitDefaultValue = false)]
    public string? Actor { get; set; }

    /// <summary>The arguments by name.</summary>
    [DataMember(Name = "arguments")]
    public Dictionary<string, string> Arguments { get => field ??= []; set; }

    /// <summary>The sentence, in the invariant culture.</summary>
    [DataMember(Name = "message")]
    public string Message { get => field ?? ""; set; }
}
