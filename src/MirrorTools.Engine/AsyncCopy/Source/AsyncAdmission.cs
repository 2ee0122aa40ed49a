using System.Runtime.CompilerServices;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>
/// What a write of asynchronous copy looks at and marks. In Normal it only marks its grains out of sync when it has ended: the drain clears a mark before it reads, so that what it
/// read too early is sent again. While an increment is under way it is recorded before it is begun, and waits where the increment still needs what it overwrites.
/// </summary>
/// <param name="maps">The maps.</param>
/// <param name="gate">The gate of the volume, or of its group.</param>
/// <param name="log">The dirty-region log.</param>
/// <param name="time">The clock.</param>
/// <param name="faults">The simulation's deliberate faults.</param>
internal sealed class AsyncAdmission(AsyncMaps maps, EpochGate gate, DirtyRegionLog log, TimeProvider time, MirrorFaults faults) : WriteAdmission(gate, log, time, faults)
{
    private readonly GrainGeometry _geometry = maps.Geometry;
    private readonly bool _ignoresCollisions = faults.OverwriteUncopiedGrains;

    /// <summary>Told, on the writer's thread, that a grain is out of sync that was not before: only signal from it.</summary>
    public required Action Marked { get; init; }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override bool TryPass(long offsetBytes, long lengthBytes, bool localIsEnough)
    {
        if (maps.ChangeRecording is not { } recording)
        {
            return true;
        }

        maps.Parts.Mark(offsetBytes, lengthBytes);
        GrainRange grains = _geometry.Covering(offsetBytes, lengthBytes);
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            maps.Record(recording, grain);
        }

        for (long grain = grains.First; grain < grains.End; grain++)
        {
            if (maps.Collides(grain) && !_ignoresCollisions)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void MarkWritten(long offsetBytes, long lengthBytes)
    {
        // Recorded when it began, and counted from there when the increment ends.
        if (maps.ChangeRecording is not null)
        {
            return;
        }

        maps.Parts.Mark(offsetBytes, lengthBytes);
        bool marked = false;
        GrainRange grains = _geometry.Covering(offsetBytes, lengthBytes);
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            marked |= maps.Mark(grain);
        }

        if (marked)
        {
            Marked();
        }
    }
}
