using MirrorTools.Engine.Journal;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>Site 1 as its metadata left it, before anything runs.</summary>
/// <param name="Core">The parts that its flows share.</param>
/// <param name="Log">The dirty-region log.</param>
/// <param name="Accesses">When grains were accessed last; null where no order asks for it.</param>
/// <param name="Owned">The devices to be disposed of with the source.</param>
/// <param name="Recovered">The volume after a recovery; null where A is a storage of its own.</param>
/// <param name="Unsettled">Why the regions that were hot could not be settled; null where they were.</param>
internal sealed record OpenedSource(
    SourceCore Core, DirtyRegionLog Log, AccessClock? Accesses, FlashcopyParts Owned, RecoveredVolume? Recovered, IOException? Unsettled);
