using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>Exchanges the committed image for the one that a durable commit brought (F-9, F-15, A-7): readers see the old image or the new one whole. On the pair's scheduler.</summary>
/// <param name="core">Site 2.</param>
/// <param name="readers">Readers of the committed image.</param>
/// <param name="isCurrent">True where the image is that of the commit in the record, which is a step ahead while readers of the old image are still inside.</param>
internal sealed class ImageRenewal(TargetCore core, EpochGate readers, Func<bool> isCurrent)
{
    private TaskCompletionSource? _waiting;

    /// <summary>Waits until the image is that of the commit in the record.</summary>
    /// <exception cref="PairException">A reader of the image before it stays too long.</exception>
    public async Task WhenCurrentAsync()
    {
        while (!isCurrent())
        {
            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            try
            {
                await _waiting.Task.WithDeadline(core.Parts.Options.GateDeadline, core.Time, CancellationToken.None);
            }
            catch (TimeoutException exception)
            {
                throw new PairException(PairError.GateTimedOut,
                    "The newest point is committed, and a reader that takes long still has the one before it. Get-ConsistencyPoint shows both; try again in a moment.", exception);
            }
        }
    }

    /// <summary>Renews the image with no reader inside. A reader that stays delays it, never the choice.</summary>
    public async Task RunAsync(Action renew)
    {
        while (true)
        {
            try
            {
                await readers.CloseAsync(core.Parts.Options.GateDeadline);
                break;
            }
            catch (TimeoutException)
            {
                core.Events.Report(PairEventId.GateTimedOut, ("deadlineMs", (long)core.Parts.Options.GateDeadline.TotalMilliseconds));
            }
        }

        try
        {
            renew();
        }
        finally
        {
            readers.Open();
        }

        (TaskCompletionSource? waiting, _waiting) = (_waiting, null);
        waiting?.TrySetResult();
    }
}
