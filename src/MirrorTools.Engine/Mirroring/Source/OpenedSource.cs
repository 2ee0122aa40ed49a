using MirrorTools.Engine.Journal;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Site 1 as its metadata left it, before anything runs.</summary>
/// <param name="Core">The parts that its flows share.</param>
/// <param name="Log">The dirty-region log.</param>
/// <param name="Unsettled">Why the regions that were hot could not be settled; null where they were.</param>
internal sealed record OpenedSource(SourceCore Core, DirtyRegionLog Log, IOException? Unsettled);
