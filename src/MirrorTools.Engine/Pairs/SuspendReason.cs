namespace MirrorTools.Engine.Pairs;

/// <summary>Why mirroring of a pair is suspended (P-7: each has a cause that is shown and a cmdlet that ends it).</summary>
public enum SuspendReason : byte
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>An admin suspended it.</summary>
    Requested,

    /// <summary>The first intermediate failed (F-22).</summary>
    FirstIntermediateFailed,

    /// <summary>The source could not be read.</summary>
    SourceUnreadable,

    /// <summary>The second intermediate failed.</summary>
    SecondIntermediateFailed,

    /// <summary>The target failed.</summary>
    TargetFailed,

    /// <summary>This side's metadata could not be written.</summary>
    MetadataFailed,

    /// <summary>The other side's metadata could not be written.</summary>
    RemoteMetadataFailed,

    /// <summary>Both sides were written since they parted (F-23).</summary>
    SplitBrain,

    /// <summary>The other side has gone on under a newer generation.</summary>
    OldGeneration,

    /// <summary>The two sides' sizes do not fit.</summary>
    GeometryMismatch,

    /// <summary>An invariant broke.</summary>
    Failed,

    /// <summary>The two sites' sides are of different copy services.</summary>
    ServiceMismatch,
}
