namespace MirrorTools.Engine.Mirroring;

/// <summary>
/// Deliberate faults for the simulation: each breaks one rule, so that the checker can be seen to fail. All are off in production; the agent never sets one.
/// </summary>
public sealed record MirrorFaults
{
    /// <summary>No fault.</summary>
    public static MirrorFaults None { get; } = new();

    /// <summary>F-14: C is overwritten before D's copy of the grain was flushed.</summary>
    public bool SkipTargetFlush { get; init; }

    /// <summary>F-2: the point's maps are exchanged without closing the gate.</summary>
    public bool LetWritesPastGate { get; init; }

    /// <summary>F-9: the decision is recorded before C was flushed.</summary>
    public bool CommitBeforeDurable { get; init; }

    /// <summary>F-18: a write into a cold region does not wait for the dirty-region log.</summary>
    public bool ForgetHotRegions { get; init; }

    /// <summary>F-18: map pages are written without flushing the data they speak of.</summary>
    public bool PersistMapsBeforeData { get; init; }

    /// <summary>F-9: a group's lead chooses without waiting for the other members to prepare.</summary>
    public bool ChooseBeforePrepared { get; init; }

    /// <summary>F-9: a member that has prepared takes the point for given up after a restart, and does not ask.</summary>
    public bool ForgetPreparedPoints { get; init; }

    /// <summary>F-4: an acknowledgement of an earlier point counts for the running one.</summary>
    public bool AcceptStaleAcknowledgements { get; init; }

    /// <summary>F-16: a recovery write does not wait for its grain to be restored.</summary>
    public bool WriteUnrestoredGrains { get; init; }

    /// <summary>F-6: a write does not wait for its grain to be copied.</summary>
    public bool OverwriteUncopiedGrains { get; init; }

    /// <summary>F-21: grains that site 2 lost are not sent again.</summary>
    public bool IgnoreLostGrains { get; init; }

    /// <summary>F-14: an uncommitted point's data overwrites grains of C that D does not have yet.</summary>
    public bool OverwriteUnsettledGrains { get; init; }

    /// <summary>F-16: a source that becomes the copy does not say which of its grains may differ.</summary>
    public bool ForgetDifferences { get; init; }

    /// <summary>F-16: a recovered side takes its first intermediate for whole, whatever the maps say.</summary>
    public bool TrustFirstIntermediate { get; init; }

    /// <summary>A-1: grains that were on their way when the link was cut are not sent again.</summary>
    public bool ForgetSentGrains { get; init; }

    /// <summary>A-1: site 2 acknowledges what it has not flushed.</summary>
    public bool AcknowledgeBeforeDurable { get; init; }

    /// <summary>A-2: changes are recorded only once the increment runs.</summary>
    public bool RecordChangesLate { get; init; }

    /// <summary>A-6: the secondary overwrites a committed grain that the target does not have.</summary>
    public bool SkipPreserving { get; init; }

    /// <summary>A-10: a recovery to a retained point looks grains up in the newest layer alone.</summary>
    public bool RestoreNewestLayer { get; init; }

    /// <summary>A-9: grains that a recovery undoes do not count as different from the former source.</summary>
    public bool ForgetUndoneGrains { get; init; }

    /// <summary>A-8: what was recorded during an increment does not count when it ends.</summary>
    public bool ForgetChangeRecording { get; init; }

    /// <summary>A-8: a branch of a group whose run timer has expired takes the point at a later run all the same.</summary>
    public bool RunAfterExpiry { get; init; }

    /// <summary>A-3: a group's coordinator runs a point without waiting for the other agents to hold their writes.</summary>
    public bool RunBeforeAccepted { get; init; }

    /// <summary>A-6: a group's coordinator chooses without waiting for the other agents to copy and prepare.</summary>
    public bool PrepareUncopied { get; init; }

    /// <summary>F-28: grains of a point that is read are not kept before D loses them.</summary>
    public bool SkipKeptGrains { get; init; }
}
