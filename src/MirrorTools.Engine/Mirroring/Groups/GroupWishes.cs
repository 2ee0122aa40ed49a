using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>The points that admins and schedules of a branch ask the coordinator for. On the group's scheduler.</summary>
/// <param name="coordinator">What the coordinator is called.</param>
/// <param name="time">The clock.</param>
internal sealed class GroupWishes(string coordinator, TimeProvider time)
{
    private readonly Dictionary<Guid, TaskCompletionSource<ulong>> _open = [];

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="PairException">There is no point, and why.</exception>
    public async Task<ulong> AskAsync(IPeerChannel channel, bool supersede, Guid wish, TimeSpan deadline)
    {
        TaskCompletionSource<ulong> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _open.Add(wish, answer);
        try
        {
            await GroupMessage.SendAsync(channel, GroupMessage.Of(GroupMessage.Ask, 0, supersede ? GroupMessage.Supersedes : (ushort)0, subject: wish));
            return await answer.Task.WithDeadline(deadline, time, CancellationToken.None);
        }
        catch (TimeoutException exception)
        {
            throw new PairException(PairError.GroupIncomplete, $"The agent '{coordinator}', which takes the group's points, did not answer in time.", exception);
        }
        finally
        {
            _open.Remove(wish);
        }
    }

    /// <summary>The coordinator's answer.</summary>
    public void Take(ReceivedMessage received)
    {
        // One that came too late finds nobody.
        if (_open.TryGetValue(received.Message.Subject, out TaskCompletionSource<ulong>? answer))
        {
            if (GroupMessage.RefusalOf(received, coordinator) is { } refusal)
            {
                answer.TrySetException(refusal);
            }
            else
            {
                answer.TrySetResult(received.Message.Point);
            }
        }
    }

    /// <summary>The coordinator is lost.</summary>
    public void EndAll()
    {
        foreach (TaskCompletionSource<ulong> answer in _open.Values)
        {
            answer.TrySetException(new PairException(PairError.GroupIncomplete, $"The agent '{coordinator}', which takes the group's points, was lost before it answered."));
        }
    }
}
