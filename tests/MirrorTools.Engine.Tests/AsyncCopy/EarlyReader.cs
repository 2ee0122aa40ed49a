using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>A storage that reads at once and, while it is told so, answers only when it is released: what it answers is old by then.</summary>
/// <param name="inner">What does the work.</param>
internal sealed class EarlyReader(IBlockDevice inner) : IBlockDevice
{
    private readonly List<TaskCompletionSource> _held = [];

    public bool HoldsAnswers { get; set; }

    /// <summary>How many reads wait for their answer.</summary>
    public int Held => _held.Count;

    public BlockGeometry Geometry => inner.Geometry;

    /// <summary>Lets all answers go.</summary>
    public void Release()
    {
        TaskCompletionSource[] held = [.. _held];
        _held.Clear();
        foreach (TaskCompletionSource answer in held)
        {
            answer.TrySetResult();
        }
    }

    public async ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await inner.ReadAsync(offsetBytes, buffer, cancellationToken);
        if (HoldsAnswers)
        {
            TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Add(answer);
            await answer.Task;
        }
    }

    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken) =>
        inner.WriteAsync(offsetBytes, data, options, cancellationToken);

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        inner.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        inner.FindExtentAsync(offsetBytes, lengthBytes, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
