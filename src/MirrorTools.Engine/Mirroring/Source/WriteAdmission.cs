using System.Runtime.CompilerServices;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// The looks that a host's write takes before it changes the source (figure 7, steps 150 to 157; ): the gate is open, its regions are hot, its grains may be overwritten. From any
/// thread; neither locks nor allocates where nothing is in the way.
/// </summary>
internal abstract class WriteAdmission(EpochGate gate, DirtyRegionLog log, TimeProvider time, MirrorFaults faults)
{
    /// <summary>Enters the gate, then looks: whatever the write sees stays so until it leaves, since points and coolings wait for it.</summary>
    /// <param name="offsetBytes">Where the write begins.</param>
    /// <param name="lengthBytes">How long it is.</param>
    /// <param name="localIsEnough">It has waited for the other site long enough (F-6).</param>
    /// <param name="ticket">For <see cref="Leave"/>, where nothing was in the way.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public WriteObstacle TryBegin(long offsetBytes, long lengthBytes, bool localIsEnough, out int ticket)
    {
        if (!gate.TryEnter(out ticket))
        {
            return WriteObstacle.GateClosed;
        }

        if (!AreHot(offsetBytes, lengthBytes))
        {
            gate.Exit(ticket);
            return WriteObstacle.ColdRegion;
        }

        if (!TryPass(offsetBytes, lengthBytes, localIsEnough))
        {
            gate.Exit(ticket);
            return WriteObstacle.Uncopied;
        }

        return WriteObstacle.None;
    }

    /// <summary>Begins a write that is to fall before the point for which the gate is closed (F-27).</summary>
    /// <returns>The ticket for <see cref="Leave"/>.</returns>
    public async ValueTask<int> BeginBeforePointAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        // It is inside all the same, or a cooling would not wait for it and its region might go cold under it.
        int ticket = gate.EnterClosed();
        while (!AreHot(offsetBytes, lengthBytes))
        {
            gate.Exit(ticket);
            await MarkHotAsync(offsetBytes, lengthBytes, cancellationToken);
            ticket = gate.EnterClosed();
        }

        MarkBeforePoint(offsetBytes, lengthBytes);
        return ticket;
    }

    /// <summary>The write has ended, well or not.</summary>
    public void Leave(int ticket, long offsetBytes, long lengthBytes)
    {
        MarkWritten(offsetBytes, lengthBytes);
        gate.Exit(ticket);
    }

    /// <summary>Waits until the gate is open.</summary>
    public Task WaitOpenAsync(CancellationToken cancellationToken) =>
        gate.WaitOpenAsync().WithDeadline(Timeout.InfiniteTimeSpan, time, cancellationToken);

    /// <summary>Makes the regions of a write hot, durably.</summary>
    /// <exception cref="DirtyRegionLogException">Neither place of the log can be written.</exception>
    public ValueTask MarkHotAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        log.MarkSequentiallyAsync(log.RegionAt(offsetBytes), log.RegionAt(offsetBytes + lengthBytes - 1), cancellationToken);

    /// <summary>Marks what the write is about to change; false where a grain that it covers is still to be copied.</summary>
    protected abstract bool TryPass(long offsetBytes, long lengthBytes, bool localIsEnough);

    /// <summary>Marks what a write before the point changes.</summary>
    protected virtual void MarkBeforePoint(long offsetBytes, long lengthBytes)
    {
    }

    /// <summary>Marks what the write has changed; it is still inside the gate.</summary>
    protected virtual void MarkWritten(long offsetBytes, long lengthBytes)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AreHot(long offsetBytes, long lengthBytes)
    {
        long lastRegion = log.RegionAt(offsetBytes + lengthBytes - 1);
        for (long region = log.RegionAt(offsetBytes); region <= lastRegion; region++)
        {
            if (!log.TryUse(region) && !faults.ForgetHotRegions)
            {
                return false;
            }
        }

        return true;
    }
}
