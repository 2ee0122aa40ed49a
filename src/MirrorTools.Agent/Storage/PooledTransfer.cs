using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace MirrorTools.Agent.Storage;

/// <summary>A read or write that runs on a pool thread. Objects are used again, so that a busy storage allocates none.</summary>
internal sealed class PooledTransfer : IThreadPoolWorkItem, IValueTaskSource
{
    private const int KeptAtMost = 256;
    private static readonly ConcurrentQueue<PooledTransfer> Idle = new();

    private ManualResetValueTaskSourceCore<bool> _core;
    private FileBlockDevice? _device;
    private long _offsetBytes;
    private Memory<byte> _into;
    private ReadOnlyMemory<byte> _from;
    private bool _isWrite;

    /// <summary>Reads on the pool.</summary>
    public static ValueTask ReadAsync(FileBlockDevice device, long offsetBytes, Memory<byte> buffer)
    {
        var transfer = Take(device, offsetBytes);
        transfer._isWrite = false;
        transfer._into = buffer;
        return transfer.Start();
    }

    /// <summary>Writes on the pool.</summary>
    public static ValueTask WriteAsync(FileBlockDevice device, long offsetBytes, ReadOnlyMemory<byte> data)
    {
        var transfer = Take(device, offsetBytes);
        transfer._isWrite = true;
        transfer._from = data;
        return transfer.Start();
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        Exception? error = null;
        try
        {
            if (_isWrite)
            {
                _device!.WriteNow(_offsetBytes, _from.Span);
            }
            else
            {
                _device!.ReadNow(_offsetBytes, _into.Span);
            }
        }
        catch (Exception caught)
        {
            error = caught;
        }

        if (error is null)
        {
            _core.SetResult(true);
        }
        else
        {
            _core.SetException(error);
        }
    }

    /// <inheritdoc/>
    public void GetResult(short token)
    {
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            _device = null;
            _into = default;
            _from = default;
            if (Idle.Count < KeptAtMost)
            {
                Idle.Enqueue(this);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private static PooledTransfer Take(FileBlockDevice device, long offsetBytes)
    {
        if (!Idle.TryDequeue(out var transfer))
        {
            transfer = new PooledTransfer();
        }

        transfer._device = device;
        transfer._offsetBytes = offsetBytes;
        return transfer;
    }

    private ValueTask Start()
    {
        var task = new ValueTask(this, _core.Version);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return task;
    }
}
