using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Secondary;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache.Hosts;

/// <summary>Hosts' requests at a secondary: reads, under the primary's lease (S-8); everything else is the primary's (S-16).</summary>
internal sealed class SecondaryPath(SyncCore core, SecondaryNode secondary) : IHostPath
{
    /// <inheritdoc/>
    public bool IsWritable => false;

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ThrowIfLeaseEnded();
        if (!core.Parts.Faults.ReadBeforeSettled)
        {
            // A write that was received and may be acknowledged by now has to be seen; one that others do not have must not be.
            GrainRange grains = core.Geometry.Covering(offsetBytes, buffer.Length);
            await core.Control.InvokeAsync(() => secondary.WhenReadableAsync(grains));
        }

        await core.Cache.ReadAsync(offsetBytes, buffer, cancellationToken);

        // With the lease still held at this instant, nothing newer was acknowledged without this node when the content was taken.
        ThrowIfLeaseEnded();
    }

    /// <inheritdoc/>
    public bool TryWrite(long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, out ValueTask answer)
    {
        answer = default;
        return false;
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        throw new BlockDeviceException(BlockDeviceFault.ReadOnly, "This node is a secondary, and only the primary takes writes. Get-MirrorPair shows which node that is.");

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private void ThrowIfLeaseEnded()
    {
        if (!secondary.Lease.IsHeld)
        {
            throw new BlockDeviceException(BlockDeviceFault.Unreachable, "This node may not serve reads at present, since it can't be sure of the primary's last writes. Read from the primary.");
        }
    }
}
