using MirrorTools.Contracts.Events;
using static MirrorTools.Contracts.Events.EventLevel;

namespace MirrorTools.Agent.Events;

/// <summary>The table of events. Names and argument names are stable; sentences may improve, since they are rendered when they are read.</summary>
public static class EventKinds
{
    /// <summary>The agent's API answers.</summary>
    public static readonly EventKind AgentStarted = new("AgentStarted", Information, "Agent {name} {version} started as process {processId}.");

    /// <summary>The agent stops cleanly.</summary>
    public static readonly EventKind AgentStopped = new("AgentStopped", Information, "Agent {name} stopped.");

    /// <summary>The agent before this one did not stop cleanly.</summary>
    public static readonly EventKind AgentRestartedAfterCrash = new(
        "AgentRestartedAfterCrash", Warning, "The agent that ran before did not stop cleanly; its pairs are resumed from their metadata.");

    /// <summary>Two agents trust each other.</summary>
    public static readonly EventKind TrustAdded = new("TrustAdded", Information, "Agent {peer} is trusted; its key has the fingerprint {fingerprint}.");

    /// <summary>A trust ended.</summary>
    public static readonly EventKind TrustRemoved = new("TrustRemoved", Information, "Agent {peer} is no longer trusted.");

    /// <summary>A link session began.</summary>
    public static readonly EventKind LinkConnected = new("LinkConnected", Information, "The link to agent {peer} is up.");

    /// <summary>A link session ended.</summary>
    public static readonly EventKind LinkLost = new("LinkLost", Warning, "The link to agent {peer} is down: {cause} Hosts go on; changes are recorded.");

    /// <summary>A pair was made.</summary>
    public static readonly EventKind PairCreated = new("PairCreated", Information, "Pair {pair} was made over {sizeBytes} bytes in grains of {grainSizeBytes}.");

    /// <summary>A pair was opened at the agent's start.</summary>
    public static readonly EventKind PairOpened = new("PairOpened", Information, "Pair {pair} was opened from its metadata.");

    /// <summary>A pair could not be opened.</summary>
    public static readonly EventKind PairOpenFailed = new("PairOpenFailed", Error, "Pair {pair} can't be opened ({errorId}): {cause} {remedy}");

    /// <summary>A pair was changed.</summary>
    public static readonly EventKind PairChanged = new("PairChanged", Information, "Pair {pair} was changed: {changes}.");

    /// <summary>A pair was removed.</summary>
    public static readonly EventKind PairRemoved = new("PairRemoved", Information, "Pair {pair} was removed. {left}");

    /// <summary>An admin suspended a pair.</summary>
    public static readonly EventKind PairSuspended = new("PairSuspended", Information, "Pair {pair} was suspended.");

    /// <summary>A fault suspended a pair.</summary>
    public static readonly EventKind PairSuspendedByFault = new(
        "PairSuspendedByFault", Error, "Pair {pair} was suspended ({errorId}): {cause} Hosts go on; run Resume-MirrorPair when it is mended.");

    /// <summary>A pair was resumed.</summary>
    public static readonly EventKind PairResumed = new("PairResumed", Information, "Pair {pair} was resumed.");

    /// <summary>A pair is latched as failed.</summary>
    public static readonly EventKind PairFailed = new("PairFailed", Error, "Pair {pair} failed: {cause} Its maps stay dirty.");

    /// <summary>A cycle began.</summary>
    public static readonly EventKind CycleStarted = new("CycleStarted", Information, "Cycle {point} of pair {pair} began with {grains} grains to copy.");

    /// <summary>A cycle was committed.</summary>
    public static readonly EventKind CycleCommitted = new("CycleCommitted", Information, "Point {point} of pair {pair} was committed; its t1 is {pointTime}.");

    /// <summary>A cycle was given up.</summary>
    public static readonly EventKind CycleGivenUp = new("CycleGivenUp", Warning, "Point {point} of pair {pair} was given up: {cause} The point before it stands.");

    /// <summary>A cycle was superseded.</summary>
    public static readonly EventKind CycleSuperseded = new("CycleSuperseded", Information, "Point {point} of pair {pair} was superseded by a newer one.");

    /// <summary>A schedule was set.</summary>
    public static readonly EventKind ScheduleSet = new("ScheduleSet", Information, "The schedule of pair {pair} is now {schedule}.");

    /// <summary>A schedule could not start a cycle.</summary>
    public static readonly EventKind ScheduleTickFailed = new("ScheduleTickFailed", Warning, "The schedule of pair {pair} could not start a cycle ({errorId}): {cause}");

    /// <summary>A volume was attached.</summary>
    public static readonly EventKind VolumeMounted = new("VolumeMounted", Information, "Volume {volume} was attached at {uri}.");

    /// <summary>A volume was detached.</summary>
    public static readonly EventKind VolumeDismounted = new("VolumeDismounted", Information, "Volume {volume} was detached from {uri}.");

    /// <summary>An attachment could not be brought back at a start.</summary>
    public static readonly EventKind AttachmentNotRestored = new(
        "AttachmentNotRestored", Error, "The attachment of volume {volume} at {uri} can't be brought back: {cause} Run Mount-MirrorVolume.");

    /// <summary>A pair was recovered at site 2.</summary>
    public static readonly EventKind PairRecovered = new(
        "PairRecovered", Warning, "Pair {pair} was recovered at point {point}; writes of the last {dataLossMs} ms before are lost. It took {recoveryTimeMs} ms.");

    /// <summary>Both sites were written since they parted.</summary>
    public static readonly EventKind SplitBrain = new(
        "SplitBrain", Error, "Both sites of pair {pair} were written since they parted; nothing is discarded by itself. Run Resume-MirrorPair -DiscardChangesOn AGENT.");

    /// <summary>A point was exported.</summary>
    public static readonly EventKind PointExported = new("PointExported", Information, "Point {point} of pair {pair} was exported to {path}.");

    /// <summary>A kept event could not be read.</summary>
    public static readonly EventKind EventsDamaged = new("EventsDamaged", Warning, "{lines} lines of the event log were damaged and are left out.");

    private static readonly Dictionary<string, EventKind> ByName = typeof(EventKinds)
        .GetFields().Select(field => field.GetValue(null)).OfType<EventKind>().ToDictionary(kind => kind.Name, StringComparer.Ordinal);

    /// <summary>All kinds.</summary>
    public static IReadOnlyCollection<EventKind> All => ByName.Values;

    /// <summary>The kind of that name; null for one of another version.</summary>
    public static EventKind? Find(string name) => ByName.GetValueOrDefault(name);
}
