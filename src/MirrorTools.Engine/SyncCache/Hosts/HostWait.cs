using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.SyncCache.Hosts;

/// <summary>Waits of hosts' requests: none is longer than the admin allows, and a host learns of it as of any other refusal (P-8).</summary>
internal static class HostWait
{
    /// <summary>Waits until the deadline of hosts' requests.</summary>
    /// <exception cref="BlockDeviceException">It has passed.</exception>
    public static async Task ForAsync(Task task, SyncCore core, CancellationToken cancellationToken)
    {
        try
        {
            await task.WithDeadline(core.Options.HostDeadline, core.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new BlockDeviceException(BlockDeviceFault.Unreachable, $"The node could not go on with this request within {core.Options.HostDeadline}.");
        }
    }

    /// <summary>Waits for something that ends early where the node is closed or has another part from then on.</summary>
    /// <exception cref="BlockDeviceException">It has ended early.</exception>
    public static async Task UnlessEndedAsync(Task task, CancellationToken cancellationToken)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BlockDeviceException(BlockDeviceFault.Unreachable, "The node is no longer the primary.");
        }
    }
}
