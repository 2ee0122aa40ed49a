using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Operations;

namespace MirrorTools.Agent.Operations;

/// <summary>Long operations that go on when nobody watches. Those that ended are kept for a while, up to a number.</summary>
internal sealed class OperationService(TimeProvider time) : IAsyncDisposable
{
    private const int KeptAtMost = 100;
    private const int RunningAtMost = 16;
    private static readonly TimeSpan FollowPause = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentDictionary<string, Operation> _operations = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Begins an operation.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="target">What it is about.</param>
    /// <param name="bytesTotal">Bytes to process.</param>
    /// <param name="work">Does it; tells its progress to the operation.</param>
    public OperationInfo Start(string kind, string target, long bytesTotal, Func<Operation, CancellationToken, Task> work)
    {
        if (_operations.Values.Count(operation => !operation.IsEnded) >= RunningAtMost)
        {
            throw new ControlException(ErrorIds.PairBusy, $"{RunningAtMost} operations run already; wait for one of them.", target);
        }

        var operation = new Operation(kind, target, bytesTotal, time);
        _operations[operation.Id] = operation;
        foreach (var old in _operations.Values.Where(other => other.IsEnded).OrderByDescending(other => other.EndedAt).Skip(KeptAtMost))
        {
            _operations.TryRemove(old.Id, out _);
        }

        operation.Run(work);
        return operation.ToInfo();
    }

    /// <summary>An operation.</summary>
    public OperationInfo Get(string id) => Find(id).ToInfo();

    /// <summary>Cancels one.</summary>
    public async Task<OperationInfo> CancelAsync(string id)
    {
        var operation = Find(id);
        await operation.CancelAsync();
        return operation.ToInfo();
    }

    /// <summary>An operation at once, whenever it went on, and a last time when it has ended.</summary>
    public async IAsyncEnumerable<OperationInfo> FollowAsync(string id, [EnumeratorCancellation] CancellationToken cancel)
    {
        var operation = Find(id);
        for (long before = -1; ; await Task.Delay(FollowPause, time, cancel))
        {
            var info = operation.ToInfo();
            if (info.EndedAt is not null || info.BytesDone != before)
            {
                before = info.BytesDone;
                yield return info;
            }

            if (info.EndedAt is not null)
            {
                yield break;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_operations.Values.Select(operation => operation.CancelAsync()));

    private Operation Find(string id) => _operations.TryGetValue(id, out var operation)
        ? operation
        : throw new ControlException(ErrorIds.OperationNotFound, $"There is no operation '{id}'.", id);
}
