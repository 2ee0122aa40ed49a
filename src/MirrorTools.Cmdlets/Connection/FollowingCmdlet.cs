using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Connection;

/// <summary>A cmdlet that watches something the agent does, over a stream that it opens again when the agent restarts.</summary>
public abstract class FollowingCmdlet : ChangingMirrorCmdlet
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromSeconds(60);

    /// <summary>Reads items until one is the last, the time is over, or Ctrl+C.</summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="open">Opens the stream; again after a cut.</param>
    /// <param name="isLast">Looks at an item on the cmdlet's own thread; true ends.</param>
    /// <param name="limit">How long it may take; for ever where null.</param>
    /// <returns>True if an item was the last; false if the time was over.</returns>
    /// <exception cref="MirrorApiException">The agent refused, or was away for a minute.</exception>
    protected bool FollowStream<T>(
        Func<MirrorAgentClient, CancellationToken, Task<ServerSentStream<T>>> open, Func<T, bool> isLast, TimeSpan? limit)
        where T : class
    {
        var patience = new Patience(limit);
        var absence = new Patience(LongestAbsence);
        while (true)
        {
            try
            {
                if (FollowOnce(open, item => Seen(item, isLast, ref absence), patience))
                {
                    return true;
                }
            }
            catch (MirrorApiException error) when (IsCut(error) && !absence.IsOver)
            {
                WriteVerbose($"{error.Message} Trying again.");
            }

            if (patience.IsOver)
            {
                return false;
            }

            Reopen();
            Pause(patience.AtMost(RetryPause));
        }
    }

    private bool FollowOnce<T>(Func<MirrorAgentClient, CancellationToken, Task<ServerSentStream<T>>> open, Func<T, bool> isLast, Patience patience)
        where T : class
    {
        using var stream = Ask(open);
        while (NextWithin(stream, patience) is { } item)
        {
            if (isLast(item))
            {
                return true;
            }
        }

        return false;
    }

    private T? NextWithin<T>(ServerSentStream<T> stream, Patience patience)
        where T : class => Await(async cancel =>
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timed.CancelAfter(patience.AtMost(TimeSpan.FromDays(1)));
        try
        {
            return await stream.NextAsync(timed.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    });

    private static bool Seen<T>(T item, Func<T, bool> isLast, ref Patience absence)
    {
        absence = new Patience(LongestAbsence);
        return isLast(item);
    }

    private static bool IsCut(MirrorApiException error) =>
        error.Error.ErrorId is ErrorIds.MirrorAgentNotRunning or ErrorIds.MirrorAgentStopping or ErrorIds.MirrorAgentTimeout;
}
