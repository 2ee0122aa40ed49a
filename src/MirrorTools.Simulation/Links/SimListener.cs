using MirrorTools.Engine.Link;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Links;

/// <summary>Where a process takes connections; it dies with the process.</summary>
public sealed class SimListener
{
    private readonly Queue<ILinkTransport> _waiting = new();
    private TaskCompletionSource? _arrived;

    internal SimListener(SimProcess owner, string site)
    {
        Owner = owner;
        Site = site;
    }

    /// <summary>The site that it listens at.</summary>
    public string Site { get; }

    internal SimProcess Owner { get; }

    /// <summary>The next connection.</summary>
    public async ValueTask<ILinkTransport> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_waiting.TryDequeue(out var transport))
            {
                return transport;
            }

            var arrived = _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.Register(() => arrived.TrySetCanceled(cancellationToken)))
            {
                await arrived.Task;
            }
        }
    }

    internal void Offer(ILinkTransport transport)
    {
        _waiting.Enqueue(transport);
        _arrived?.TrySetResult();
        _arrived = null;
    }
}
