using MirrorTools.Engine.Events;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>Exchanges the committed image for the one that a durable commit brought (F-9, F-15): readers see the old image or the new one whole.</summary>
internal sealed class ImageRenewal(TargetCore core)
{
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

        core.Second.Enqueue(brought);
    }
}
