using MirrorTools.Engine.Link;

namespace MirrorTools.Simulation.Links;

/// <summary>One end of a simulated connection.</summary>
internal sealed class SimTransport(SimConnection connection, SimStream outgoing, SimStream incoming) : ILinkTransport
{
    private bool _sending;
    private bool _receiving;
    private bool _closed;

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Enter(ref _sending, "send");
        try
        {
            await outgoing.SendAsync(bytes, cancellationToken);
        }
        finally
        {
            _sending = false;
        }
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Enter(ref _receiving, "receive");
        try
        {
            return await incoming.ReceiveAsync(buffer, cancellationToken);
        }
        finally
        {
            _receiving = false;
        }
    }

    public ValueTask DisposeAsync()
    {
        if (!_closed)
        {
            _closed = true;
            connection.Close(this);

            // the own reader is told at once, as by a closed socket
            incoming.Break("closed here");
        }

        return ValueTask.CompletedTask;
    }

    internal void MarkClosed() => _closed = true;

    private void Enter(ref bool busy, string what)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (busy)
        {
            throw new InvalidOperationException($"Two calls of {what} are under way on one transport.");
        }

        busy = true;
    }
}
