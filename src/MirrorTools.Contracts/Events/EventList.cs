using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Events;

/// <summary>A page of events.</summary>
[DataContract]
public sealed class EventList
{
    /// <summary>By rising id.</summary>
    [DataMember(Name = "items")]
    public List<EventInfo> Items { get => field ??= []; set; }

    /// <summary>The oldest event still kept.</summary>
    [DataMember(Name = "oldestId")]
    public long OldestId { get; set; }

    /// <summary>The newest event.</summary>
    [DataMember(Name = "newestId")]
    public long NewestId { get; set; }
}
