using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>What a copy service brings its side of site 1 back from.</summary>
/// <param name="Parts">The side's parts.</param>
/// <param name="Store">The metadata.</param>
/// <param name="Log">The dirty-region log as it was found.</param>
/// <param name="Record">The record.</param>
/// <param name="Events">Where an unclean stop is reported.</param>
/// <param name="Group">The group whose gate host writes pass.</param>
/// <param name="Control">The pair's scheduler.</param>
internal sealed record SourceOpening(
    MirrorParts Parts, MetadataStore Store, DirtyRegionLog Log, PairRecord Record, PairEvents Events, PointGroup Group, ControlFlow Control)
{
    /// <summary>The volume's grains.</summary>
    public GrainGeometry Geometry => Store.Identity.Geometry;

    /// <summary>
    /// Has what was hot at an unclean stop counted as different (F-18, A-11): each hot region, or everything where the log could not tell.
    /// </summary>
    /// <param name="forget">Takes grains whose state at the other site is unknown.</param>
    /// <param name="forgetAll">Takes all of them.</param>
    public void ForgetHotRegions(Action<GrainRange> forget, Action forgetAll)
    {
        if (Log.AllUnknown)
        {
            forgetAll();
            Events.Report(PairEventId.UncleanStart, ("hotRegions", "unknown"), ("grains", Geometry.GrainCount));
            return;
        }

        long grains = 0;
        foreach (long region in Log.HotRegions)
        {
            GrainRange range = Log.GrainsOf(region);
            forget(range);
            grains += range.Count;
        }

        if (grains > 0)
        {
            Events.Report(PairEventId.UncleanStart, ("hotRegions", Log.HotRegions.Count), ("grains", grains));
        }
    }
}
