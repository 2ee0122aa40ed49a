using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Primary;

/// <summary>What a primary has asked another node in the stream and waits for: to harden what it has received (S-11), to take a generation (S-9). On the pair's scheduler.</summary>
internal sealed class PeerAsks(PeerStream stream)
{
    private readonly Dictionary<ulong, (TaskCompletionSource<bool> Answer, long Since)> _open = [];
    private ulong _last;

    /// <summary>Has the other one harden what it received up to this place of the stream.</summary>
    /// <param name="grains">Which grains; none for all.</param>
    /// <param name="time">The clock.</param>
    /// <returns>False where the session ended first.</returns>
    public Task<bool> HardenAsync(GrainRange grains, TimeProvider time) =>
        AskAsync(SyncMessage.AskHarden, 0, grains, default, time);

    /// <summary>Has the other one take a generation durably.</summary>
    /// <param name="record">The record's bytes.</param>
    /// <param name="endsUpdate">True where its update has ended by it.</param>
    /// <param name="time">The clock.</param>
    /// <returns>False where the session ended first.</returns>
    public Task<bool> TakeGenerationAsync(ReadOnlyMemory<byte> record, bool endsUpdate, TimeProvider time) =>
        AskAsync(SyncMessage.Generation, endsUpdate ? 1u : 0u, default, record, time);

    /// <summary>Takes an answer.</summary>
    public void OnAnswered(ulong ask)
    {
        if (_open.Remove(ask, out (TaskCompletionSource<bool> Answer, long Since) open))
        {
            open.Answer.TrySetResult(true);
        }
    }

    /// <summary>The session ended.</summary>
    public void Fail()
    {
        foreach ((TaskCompletionSource<bool> answer, _) in _open.Values)
        {
            answer.TrySetResult(false);
        }

        _open.Clear();
    }

    /// <summary>True where an answer is missing for too long.</summary>
    public bool IsOverdue(TimeProvider time, TimeSpan deadline)
    {
        foreach ((_, long since) in _open.Values)
        {
            if (time.GetElapsedTime(since) > deadline)
            {
                return true;
            }
        }

        return false;
    }

    private Task<bool> AskAsync(ushort kind, uint status, GrainRange grains, ReadOnlyMemory<byte> payload, TimeProvider time)
    {
        if (stream.Channel is null)
        {
            return Task.FromResult(false);
        }

        TaskCompletionSource<bool> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _open.Add(++_last, (answer, time.GetTimestamp()));
        stream.Post(new PeerMessage(kind, 0, status, _last, grains.First, grains.Count, SettledNumber.Write(stream.Settled())), payload);
        return answer.Task;
    }
}
