using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Events;

namespace MirrorTools.Cmdlets.Events;

/// <summary>Something that happened.</summary>
public sealed class MirrorEvent
{
    internal MirrorEvent(EventInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        EventId = info.Id;
        Time = WireTime.Read(info.Time);
        Level = info.Level;
        EventName = info.Name;
        Pair = info.Pair;
        PairId = info.PairId;
        Actor = info.Actor;
        Arguments = new System.Collections.Hashtable(info.Arguments, StringComparer.OrdinalIgnoreCase);
        Message = info.Message;
    }

    /// <summary>Rises by one for each event of the agent.</summary>
    public long EventId { get; }

    /// <summary>When.</summary>
    public DateTimeOffset? Time { get; }

    /// <summary><c>Information</c>, <c>Warning</c> or <c>Error</c>.</summary>
    public string Level { get; }

    /// <summary>The stable name of the kind of event.</summary>
    public string EventName { get; }

    /// <summary>The pair's name.</summary>
    public string? Pair { get; }

    /// <summary>The pair's id.</summary>
    public string? PairId { get; }

    /// <summary>Who asked for it; nothing where the agent acted by itself.</summary>
    public string? Actor { get; }

    /// <summary>The arguments by name.</summary>
    public System.Collections.Hashtable Arguments { get; }

    /// <summary>The sentence.</summary>
    public string Message { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => Message;
}
