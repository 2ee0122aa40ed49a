using MirrorTools.Engine.Events;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>Exchanges the committed image for the one that a durable commit brought (F-9, F-15): readers see the old image or the new one whole.</summary>
internal sealed class ImageRenewal(TargetCore core)
{
    private TaskCompletionSource? _waiting;

    // The record is a step ahead of the maps while readers of the old image are still inside.
    private bool IsCurrent => core.Journal.Epoch == TargetJournal.EpochOf(core.Record);

    /// <summary>Waits until the image is that of the commit in the record.</summary>
    /// <exception cref="PairException">A reader of the image before it stays too long.</exception>
    public async Task WhenCurrentAsync()
    {
        while (!IsCurrent)
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

    /// <summary>Renews the maps, and has D follow. A reader that stays delays it, never the choice.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            try
            {
                await core.Readers.CloseAsync(core.Parts.Options.GateDeadline);
                break;
            }
            catch (TimeoutException)
            {
                core.Events.Report(PairEventId.GateTimedOut, ("deadlineMs", (long)core.Parts.Options.GateDeadline.TotalMilliseconds));
            }
        }

        GrainMap brought;
        try
        {
            brought = core.Maps.Renew();
            core.Second.Pins.OnCommitted(brought);
            core.Journal.Epoch = TargetJournal.EpochOf(core.Record);
        }
        finally
        {
            core.Readers.Open();
        }

        (TaskCompletionSource? waiting, _waiting) = (_waiting, null);
        waiting?.TrySetResult();
        core.Second.Enqueue(brought);
    }
}
