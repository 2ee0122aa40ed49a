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

    /// <summary>No link session is possible until an admin changes something.</summary>
    public static readonly EventKind LinkBarred = new(
        "LinkBarred", Error, "There can be no link to agent {peer} ({errorId}): {cause} Hosts go on; changes are recorded.");

    /// <summary>A pair was made.</summary>
    public static readonly EventKind PairCreated = new("PairCreated", Information, "Pair {pair} was made over {sizeBytes} bytes in grains of {grainSizeBytes}.");

    /// <summary>A pair was opened at the agent's start.</summary>
    public static readonly EventKind PairOpened = new("PairOpened", Information, "Pair {pair} was opened from its metadata.");

    /// <summary>A pair could not be opened.</summary>
    public static readonly EventKind PairOpenFailed = new("PairOpenFailed", Error, "Pair {pair} can't be opened ({errorId}): {cause} {remedy}");

    /// <summary>The other side of a pair can't be opened.</summary>
    public static readonly EventKind OtherSideClosed = new(
        "OtherSideClosed", Error, "The other side of pair {pair} can't be opened ({errorId}): {cause} Hosts go on; changes are recorded. {remedy}");

    /// <summary>What a side knew was lost and is made anew.</summary>
    public static readonly EventKind SideRemade = new(
        "SideRemade", Warning, "The metadata of this side of pair {pair} were made anew ({kept}); what was committed here is given up, and everything is compared by hash.");

    /// <summary>A pair was changed.</summary>
    public static readonly EventKind PairChanged = new("PairChanged", Information, "Pair {pair} was changed: {changes}.");

    /// <summary>A consistency group was made.</summary>
    public static readonly EventKind GroupCreated = new("GroupCreated", Information, "Group {group} was made of {pairs}.");

    /// <summary>The pairs of a group, or its name, were changed.</summary>
    public static readonly EventKind GroupChanged = new("GroupChanged", Information, "Group {group} consists of {pairs} now.");

    /// <summary>A group was dissolved.</summary>
    public static readonly EventKind GroupRemoved = new("GroupRemoved", Information, "Group {group} was dissolved; its pairs {pairs} stand alone.");

    /// <summary>Pairs left a group that another agent changed.</summary>
    public static readonly EventKind GroupLeft = new("GroupLeft", Information, "Pairs {pairs} are not in the group {group} any more.");

    /// <summary>A pair was removed.</summary>
    public static readonly EventKind PairRemoved = new("PairRemoved", Information, "Pair {pair} was removed. {left}");

    /// <summary>The making of a pair did not come to its end, and its files are taken back.</summary>
    public static readonly EventKind PairTakenBack = new(
        "PairTakenBack", Warning, "The making of pair {pair} did not come to its end; what was made for it here is removed: {removed}. {left}");

    /// <summary>The other agent has nothing left of a pair that came to nothing.</summary>
    public static readonly EventKind OtherSideTakenBack = new(
        "OtherSideTakenBack", Information, "Agent {peer} has no side of pair {pair} left, whose making did not come to its end.");

    /// <summary>The other agent may have a side left of a pair that came to nothing.</summary>
    public static readonly EventKind OtherSideNotTakenBack = new(
        "OtherSideNotTakenBack", Warning,
        "Agent {peer} may still have its side of pair {pair}, whose making did not come to its end ({errorId}): {cause} If it is there, run Remove-MirrorPair at that agent.");

    /// <summary>An admin suspended a pair.</summary>
    public static readonly EventKind PairSuspended = new("PairSuspended", Information, "Pair {pair} was suspended.");

    /// <summary>A fault suspended a pair.</summary>
    public static readonly EventKind PairSuspendedByFault = new(
        "PairSuspendedByFault", Error, "Pair {pair} was suspended ({reason}): {detail} Hosts go on; run Resume-MirrorPair when it is mended.");

    /// <summary>A pair was resumed.</summary>
    public static readonly EventKind PairResumed = new("PairResumed", Information, "Pair {pair} was resumed.");

    /// <summary>A pair is latched as failed.</summary>
    public static readonly EventKind PairFailed = new("PairFailed", Error, "Pair {pair} failed: {detail} Its maps stay dirty.");

    /// <summary>A cycle began.</summary>
    public static readonly EventKind CycleStarted = new("CycleStarted", Information, "Cycle {point} of pair {pair} began; its point was taken at {t1}.");

    /// <summary>A cycle was committed.</summary>
    public static readonly EventKind CycleCommitted = new("CycleCommitted", Information, "Point {point} of pair {pair} was committed; it was taken at {t1}.");

    /// <summary>A cycle was given up.</summary>
    public static readonly EventKind CycleGivenUp = new("CycleGivenUp", Warning, "Point {point} of pair {pair} was given up ({reason}); the point before it stands.");

    /// <summary>A cycle was superseded.</summary>
    public static readonly EventKind CycleSuperseded = new("CycleSuperseded", Information, "Point {point} of pair {pair} was superseded by point {by}.");

    /// <summary>Writes in flight kept a point from being taken.</summary>
    public static readonly EventKind PointNotTaken = new(
        "PointNotTaken", Warning, "No point of pair {pair} could be taken: writes were in flight for more than {deadlineMs} ms. The next tick or Start-FlashcopyCycle tries again.");

    /// <summary>An increment took longer than it may.</summary>
    public static readonly EventKind IncrementTimedOut = new(
        "IncrementTimedOut", Warning, "Point {point} of pair {pair} was not at the other site within {deadlineMs} ms; it is given up, and what changed goes on being sent.");

    /// <summary>A retained point had to make room.</summary>
    public static readonly EventKind RetainedPointDropped = new(
        "RetainedPointDropped", Warning, "Point {point} of pair {pair} is not kept any more: the area of preserved grains is full. The last committed point stands.");

    /// <summary>Host writes no longer wait for site 2.</summary>
    public static readonly EventKind WritesDegraded = new(
        "WritesDegraded", Warning, "Writes to pair {pair} no longer wait for the other site, which did not answer for {deadlineMs} ms.");

    /// <summary>B failed.</summary>
    public static readonly EventKind FirstIntermediateFailed = new("FirstIntermediateFailed", Error, "The first intermediate of pair {pair} failed: {detail}");

    /// <summary>A can't be read.</summary>
    public static readonly EventKind SourceUnreadable = new("SourceUnreadable", Error, "The source of pair {pair} can't be read: {detail}");

    /// <summary>C failed.</summary>
    public static readonly EventKind SecondIntermediateFailed = new("SecondIntermediateFailed", Error, "The second intermediate of pair {pair} failed: {detail}");

    /// <summary>The area of preserved grains failed.</summary>
    public static readonly EventKind PreservedAreaFailed = new("PreservedAreaFailed", Error, "The area of preserved grains of pair {pair} failed: {detail}");

    /// <summary>D failed.</summary>
    public static readonly EventKind TargetFailed = new("TargetFailed", Error, "The target of pair {pair} failed: {detail}");

    /// <summary>The metadata failed.</summary>
    public static readonly EventKind MetadataFailed = new("MetadataFailed", Error, "The metadata of pair {pair} failed: {detail}");

    /// <summary>A file system under the pair is full.</summary>
    public static readonly EventKind StorageFull = new(
        "StorageFull", Error, "The disk is full ({part} of pair {pair}): {detail} Make room there, then run Resume-MirrorPair; hosts go on meanwhile.");

    /// <summary>One place of the dirty-region log failed.</summary>
    public static readonly EventKind RegionLogPlaceFailed = new(
        "RegionLogPlaceFailed", Warning, "Place {place} of the dirty-region log of pair {pair} failed: {detail} The other place goes on alone.");

    /// <summary>A page of the maps was corrupt.</summary>
    public static readonly EventKind MapPageCorrupt = new("MapPageCorrupt", Warning, "Page {page} of the maps of pair {pair} was corrupt; its grains are copied again.");

    /// <summary>The pair was not closed cleanly.</summary>
    public static readonly EventKind UncleanStart = new(
        "UncleanStart", Warning, "Pair {pair} was not closed cleanly: {grains} grains in {hotRegions} hot regions may differ and are copied again.");

    /// <summary>A storage was written while the pair was closed.</summary>
    public static readonly EventKind StorageChangedOutside = new(
        "StorageChangedOutside", Warning, "'{path}' of pair {pair} was written while the pair was closed; it is compared by hash before anything is trusted.");

    /// <summary>The other site can't vouch for what it holds.</summary>
    public static readonly EventKind ComparisonNeeded = new(
        "ComparisonNeeded", Warning, "The other site of pair {pair} can't vouch for what it holds; everything is compared by hash before a point is taken.");

    /// <summary>A comparison by hash ended.</summary>
    public static readonly EventKind Compared = new("Compared", Information, "Pair {pair} was compared by hash: {equal} grains are equal, {different} differ.");

    /// <summary>B was lent or returned.</summary>
    public static readonly EventKind FirstIntermediateLent = new("FirstIntermediateLent", Information, "The first intermediate of pair {pair} was lent or returned (lent: {lent}).");

    /// <summary>The pair's link is up.</summary>
    public static readonly EventKind PairConnected = new("PairConnected", Information, "The two sites of pair {pair} are connected.");

    /// <summary>The pair's link is down.</summary>
    public static readonly EventKind PairDisconnected = new(
        "PairDisconnected", Warning, "The two sites of pair {pair} are not connected ({reason}). Hosts go on; changes are recorded.");

    /// <summary>The other site holds a newer generation.</summary>
    public static readonly EventKind GenerationOutdated = new(
        "GenerationOutdated", Error, "The other site of pair {pair} was recovered and holds generation {generation}; this site refuses hosts. Run Resume-MirrorPair -DiscardChangesOn AGENT.");

    /// <summary>This side became the target.</summary>
    public static readonly EventKind BecameTarget = new("BecameTarget", Information, "This side of pair {pair} is now the target, in generation {generation}.");

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
        "PairRecovered", Warning, "Pair {pair} was recovered at point {point}, taken at {t1}, in generation {generation}; later writes are lost.");

    /// <summary>Both sites were written since they parted.</summary>
    public static readonly EventKind SplitBrain = new(
        "SplitBrain", Error, "Both sites of pair {pair} were written since they parted; nothing is discarded by itself. Run Resume-MirrorPair -DiscardChangesOn AGENT.");

    /// <summary>A point has a name.</summary>
    public static readonly EventKind PointNamed = new("PointNamed", Information, "Point {point} of pair {pair} has the name {name}; it is kept until it is removed.");

    /// <summary>An admin removed a point.</summary>
    public static readonly EventKind PointRemoved = new("PointRemoved", Information, "Point {point} of pair {pair}, taken at {t1}, was removed.");

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
