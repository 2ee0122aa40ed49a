using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Primary;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.SyncCache.Hosts;

/// <summary>Hosts' requests at the primary.</summary>
internal sealed class PrimaryPath(SyncCore core, PrimaryNode primary) : IHostPath
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <inheritdoc/>
    public bool IsWritable => true;

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) =>
        primary.IsAlone && !core.Cache.Unhardened.NoneSet(core.Geometry.Covering(offsetBytes, buffer.Length))
            ? ReadHardenedAsync(offsetBytes, buffer, cancellationToken)
            : core.Cache.ReadAsync(offsetBytes, buffer, cancellationToken);

    /// <inheritdoc/>
    public bool TryWrite(long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, out ValueTask answer)
    {
        answer = default;
        if (core.Throttle.IsPressed)
        {
            return false;
        }

        if (!core.Gate.TryEnter(out int ticket))
        {
            return false;
        }

        if (!AreHot(offsetBytes, lengthBytes) || primary.IsStopped)
        {
            core.Gate.Exit(ticket);
            return false;
        }

        PendingWrite write = primary.Ring.Rent().Begin(offsetBytes, data, lengthBytes, options, ticket);
        answer = write.Answer;
        if (primary.Ring.TryPut(write))
        {
            return true;
        }

        primary.Ring.Return(write);
        core.Gate.Exit(ticket);
        return false;
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        await core.Throttle.AdmitAsync(lengthBytes, cancellationToken);
        long first = core.Log.RegionAt(offsetBytes);
        long last = core.Log.RegionAt(offsetBytes + lengthBytes - 1);
        while (true)
        {
            if (primary.IsStopped)
            {
                throw new BlockDeviceException(BlockDeviceFault.Unreachable, "The node is no longer the primary.");
            }

            if (!core.Gate.TryEnter(out int ticket))
            {
                await HostWait.ForAsync(core.Gate.WaitOpenAsync(), core, cancellationToken);
                continue;
            }

            if (!AreHot(offsetBytes, lengthBytes))
            {
                core.Gate.Exit(ticket);
                core.Control.Post(() => primary.Warm(offsetBytes, lengthBytes));
                await core.Log.MarkSequentiallyAsync(first, last, cancellationToken);
                continue;
            }

            PendingWrite write = primary.Ring.Rent().Begin(offsetBytes, data, lengthBytes, options, ticket);
            ValueTask answer = write.Answer;
            if (primary.Ring.TryPut(write))
            {
                await answer;
                return;
            }

            primary.Ring.Return(write);
            core.Gate.Exit(ticket);
            await Task.Delay(Pause, core.Time, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        // Under the policy Cache everything acknowledged is where it has to be; alone it is on the disk.
        if (core.Options.FlushPolicy == FlushPolicy.Disk)
        {
            await HostWait.UnlessEndedAsync(
                core.Control.InvokeAsync(() => primary.HardenEverywhereAsync(default)).WithDeadline(Timeout.InfiniteTimeSpan, core.Time, cancellationToken), cancellationToken);
        }
    }

    // Alone, what is not on the disk yet is acknowledged to nobody, and a reader must not see what a crash would undo.
    private async ValueTask ReadHardenedAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        GrainRange grains = core.Geometry.Covering(offsetBytes, buffer.Length);
        await core.Cache.ReadAsync(offsetBytes, buffer, cancellationToken);
        await HostWait.UnlessEndedAsync(core.Control.InvokeAsync(() => core.Cache.HardenAsync(grains, null, cancellationToken)), cancellationToken);
    }

    private bool AreHot(long offsetBytes, long lengthBytes)
    {
        long last = core.Log.RegionAt(offsetBytes + lengthBytes - 1);
        for (long region = core.Log.RegionAt(offsetBytes); region <= last; region++)
        {
            if (!core.Log.TryUse(region) && !core.Parts.Faults.ForgetHotRegions)
            {
                return false;
            }
        }

        return true;
    }
}
