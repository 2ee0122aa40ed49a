namespace MirrorTools.Protocols.Nbd;

/// <summary>The metadata contexts that exports here may offer for block status.</summary>
public static class NbdMetaContexts
{
    /// <summary>Allocation, defined by the protocol: <see cref="Hole"/> and <see cref="Zero"/>; 0 is data.</summary>
    public const string BaseAllocation = "base:allocation";

    /// <summary>The copied map of the mirror: 1 where the grain is copied, 0 where it is still to be copied.</summary>
    public const string Copied = "mirrortools:copied";

    /// <summary>The future map of the mirror: 1 where the grain changed after it was copied.</summary>
    public const string Future = "mirrortools:future";

    /// <summary>The out-of-sync map of asynchronous copy: 1 where the other site does not have the grain yet.</summary>
    public const string OutOfSync = "mirrortools:out-of-sync";

    /// <summary>The change-recording map of asynchronous copy: 1 where the grain was written after the point of the increment under way.</summary>
    public const string ChangeRecording = "mirrortools:change-recording";

    /// <summary><see cref="BaseAllocation"/>: not allocated.</summary>
    public const uint Hole = 1;

    /// <summary><see cref="BaseAllocation"/>: reads as zeros.</summary>
    public const uint Zero = 2;
}
