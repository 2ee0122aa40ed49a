using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>What the three methods do differently on the scanner's side; the keeper and the messages are the same for all.</summary>
internal interface IScanMethod
{
    /// <summary>A write takes its place in the stream.</summary>
    /// <param name="range">The range.</param>
    /// <param name="grains">The write's grains in the range.</param>
    void Mark(int range, GrainRange grains);

    /// <summary>The keeper's maps of the range toggle at this place of the stream.</summary>
    void Toggle(int range);

    /// <summary>A grain may have become hardened.</summary>
    void OnHardened(int range, long grain);

    /// <summary>
    /// Completes when each grain that is in the keeper's old map is hardened, or was written again after the toggle and so is in the keeper's current map as well. Never
    /// completes inside <see cref="Mark"/>, whose write the completion must not overtake.
    /// </summary>
    Task HardenOldAsync(int range, CancellationToken cancellationToken);

    /// <summary>The keeper is told to clear its old map.</summary>
    void ClearOld(int range);

    /// <summary>The keeper takes its old maps back into the current ones.</summary>
    void OnSessionLost();
}
