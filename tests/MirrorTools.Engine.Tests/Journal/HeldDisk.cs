using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Tests.Journal;

/// <summary>Holds writes back until the test lets them through.</summary>
internal sealed class HeldDisk(IBlockDevice inner) : IBlockDevice
{
    private readonly Queue<TaskCompletionSource> _held = [];

    public bool Holds { get; set; }

    public int HeldWrites
    {
        get
        {
            lock (_held)
            {
                return _held.Count;
            }
        }
    }

    public BlockGeometry Geometry => inner.Geometry;

    public void Release()
    {
        lock (_held)
        {
            _held.Dequeue().SetResult();
        }
    }

    /// <summary>Lets each write through that comes, until something has ended.</summary>
    public async Task PassUntilAsync(Task ended)
    {
        while (!ended.IsCompleted)
        {
            if (HeldWrites > 0)
            {
                Release();
            }

            await Task.Yield();
        }

        await ended;
    }

    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) =>
        inner.ReadAsync(offsetBytes, buffer, cancellationToken);

    public async ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        if (Holds)
        {
            TaskCompletionSource turn = new();
            lock (_held)
            {
                _held.Enqueue(turn);
            }

            await turn.Task;
        }

        await inner.WriteAsync(offsetBytes, data, options, cancellationToken);
    }

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        inner.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        inner.FindExtentAsync(offsetBytes, lengthBytes, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
