namespace MirrorTools.Engine.SyncCache;

/// <summary>
/// Deliberate faults of synchronous cache mirroring for tests and simulation: each breaks one rule, so that the checker can be seen to fail. All are off in production;
/// the agent never sets one.
/// </summary>
public sealed record SyncFaults
{
    /// <summary>No fault.</summary>
    public static SyncFaults None { get; } = new();

    /// <summary>S-4: the keeper throws its current map away when a scan starts, and does not keep it as the old one until the scan's completion.</summary>
    public bool ClearOldWhenScanStarts { get; init; }

    /// <summary>S-4: any completion clears the old map, be it of another scan or of an earlier session.</summary>
    public bool AcceptStaleCompletions { get; init; }

    /// <summary>S-4: when the session is lost the keeper drops its old maps, and does not take them back into the current ones.</summary>
    public bool ForgetOldWithSession { get; init; }

    /// <summary>S-4: when the session is lost the scanner drops its mirrors of the old maps.</summary>
    public bool ForgetMirrorWithSession { get; init; }

    /// <summary>S-4: a range is scanned again while its old map is in use, and that old map is discarded.</summary>
    public bool ToggleWhileOldInUse { get; init; }

    /// <summary>S-4, S-5: a scanner that receives the writes toggles its mirror when it announces the scan, and not where the keeper toggled.</summary>
    public bool ToggleBeforeAcceptance { get; init; }

    /// <summary>S-4, S-6: a scan does not wait for writes that belong to its old map and are not in the cache yet.</summary>
    public bool CompleteUnsettled { get; init; }

    /// <summary>S-5: a grain that was counted down stays in the mirror of the old map and may be counted down again.</summary>
    public bool CountTwice { get; init; }

    /// <summary>S-7: a version's hardening counts though a newer one was put into the cache meanwhile.</summary>
    public bool CountOverwritten { get; init; }

    /// <summary>S-7: a version's hardening counts though a newer one is on its way into the cache.</summary>
    public bool CountPending { get; init; }

    /// <summary>S-1: a host is answered before the secondary has its write.</summary>
    public bool AcknowledgeBeforeSecondary { get; init; }

    /// <summary>S-8: the lease is not looked at: neither by the secondary that serves reads nor by the primary that goes on alone.</summary>
    public bool IgnoreLease { get; init; }

    /// <summary>S-8: a secondary serves a read beside a write that it has received and that may be acknowledged.</summary>
    public bool ReadBeforeSettled { get; init; }

    /// <summary>S-9: what is written while a node is left out is not recorded.</summary>
    public bool ForgetWhileAlone { get; init; }

    /// <summary>S-9: alone, a write is acknowledged before it is on the disk.</summary>
    public bool AcknowledgeBeforeDiskWhileAlone { get; init; }

    /// <summary>S-11: writes go into regions that are not known to be hot.</summary>
    public bool ForgetHotRegions { get; init; }
}
