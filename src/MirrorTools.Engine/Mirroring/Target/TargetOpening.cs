using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>What a copy service brings its side of site 2 back from.</summary>
/// <param name="Parts">The side's parts.</param>
/// <param name="Store">The metadata.</param>
/// <param name="Log">The dirty-region log as it was found.</param>
/// <param name="Record">The record.</param>
/// <param name="Events">Where an unclean stop is reported.</param>
/// <param name="Control">The pair's scheduler.</param>
internal sealed record TargetOpening(MirrorParts Parts, MetadataStore Store, DirtyRegionLog Log, PairRecord Record, PairEvents Events, ControlFlow Control)
{
    /// <summary>The volume's grains.</summary>
    public GrainGeometry Geometry => Store.Identity.Geometry;
}
