using System.Runtime.CompilerServices;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>What a write of the flashcopy service looks at and marks: uncopied grains of a live cycle are in its way, copied ones are marked in the future map (F-5 to F-7).</summary>
internal sealed class FlashcopyAdmission(SourceMaps maps, EpochGate gate, DirtyRegionLog log, AccessClock? accesses, TimeProvider time, MirrorFaults faults)
    : WriteAdmission(gate, log, time, faults)
{
    private readonly GrainGeometry _geometry = maps.Geometry;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override bool TryPass(long offsetBytes, long lengthBytes, bool localIsEnough)
    {
        WriteMode mode = maps.Mode;
        GrainRange grains = _geometry.Covering(offsetBytes, lengthBytes);
        if (mode.CycleIsLive)
        {
            for (long grain = grains.First; grain < grains.End; grain++)
            {
                if (!maps.MayOverwrite(mode, grain, localIsEnough))
                {
                    return false;
                }
            }
        }

        for (long grain = grains.First; grain < grains.End; grain++)
        {
            maps.Mark(mode, grain);
        }

        accesses?.Note(offsetBytes);
        return true;
    }

    /// <inheritdoc/>
    protected override void MarkBeforePoint(long offsetBytes, long lengthBytes)
    {
        GrainRange grains = _geometry.Covering(offsetBytes, lengthBytes);
        WriteMode mode = maps.Mode;
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            maps.Mark(mode, grain);
        }
    }
}
