using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Where host writes wait that meet a grain which is still to be copied.</summary>
internal interface IUncopiedBarrier
{
    /// <summary>Waits until the grains may be overwritten.</summary>
    /// <param name="grains">What the write covers.</param>
    /// <param name="mayFallBeforePoint">False for a piece of a longer write: a point that includes it alone would tear the write.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<CopyGrant> AwaitCopiedAsync(GrainRange grains, bool mayFallBeforePoint, CancellationToken cancellationToken);

    /// <summary>A write that was granted <see cref="CopyGrantKind.WriteBeforePoint"/> has ended.</summary>
    void EndedBeforePoint();
}

/// <summary>What a waiting write may do now.</summary>
/// <param name="Kind">The permission.</param>
internal readonly record struct CopyGrant(CopyGrantKind Kind);

/// <summary>The permissions a waiting write may get.</summary>
internal enum CopyGrantKind
{
    /// <summary>Look again.</summary>
    LookAgain,

    /// <summary>Look again; B alone is enough from now on, whatever the policy.</summary>
    LocalIsEnough,

    /// <summary>Write now, with the gate closed: the write falls before the point that is being taken (F-27).</summary>
    WriteBeforePoint,
}
