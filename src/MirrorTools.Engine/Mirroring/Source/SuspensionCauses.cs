using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>What suspends mirroring by itself: each fault of a part of site 1 in the pair's terms (P-7, F-22). A suspension that is asked for here runs on the pair's scheduler.</summary>
internal sealed class SuspensionCauses(SourceCore core, DirtyRegionLog log, SourceSuspension suspension)
{
    /// <summary>Has the pair suspended.</summary>
    public void OnFault(SuspendReason reason, FaultText detail) =>
        core.Control.Post(() => _ = core.Flows.WatchAsync(suspension.SuspendAsync(reason, detail)));

    /// <summary>A place of the dirty-region log can't be written.</summary>
    public void OnPlaceFailed(LogPlaceFailure failure)
    {
        core.Events.Report(PairEventId.DirtyRegionLogPlaceFailed, ("place", failure.Place), ("detail", failure.Cause.Message));
        if (log.AlivePlaces == RegionLogFlags.None)
        {
            OnFault(SuspendReason.MetadataFailed, FaultText.Of(failure.Cause) with
            {
                Detail = $"The dirty-region log can be written in neither of its places, so writes into regions that are not in it fail: {failure.Cause.Message}",
            });
        }
    }

    /// <summary>Regions could not be made cold.</summary>
    public void OnUpkeepFailed(IOException exception) => OnFault(SourceFault.ReasonOf(exception), FaultText.Of(exception));

    /// <summary>A copy step failed.</summary>
    public void OnCopyFailed(CopyFault part, Exception exception) => OnFault(
        part switch
        {
            CopyFault.Source => SuspendReason.SourceUnreadable,
            CopyFault.Intermediate => SuspendReason.FirstIntermediateFailed,
            _ => SuspendReason.Failed,
        },
        FaultText.Of(exception));

    /// <summary>A write waited too long for B.</summary>
    public void OnLocalDeadline() => OnFault(
        SuspendReason.FirstIntermediateFailed, $"A write waited for the first intermediate for more than {core.Options.LocalDeadline.TotalSeconds} s.");
}
