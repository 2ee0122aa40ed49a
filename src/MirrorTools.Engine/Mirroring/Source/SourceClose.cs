using System.Runtime.ExceptionServices;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Closes site 1: what is known becomes durable, so that nothing is copied again for the stop's sake; then the devices are given back.</summary>
internal sealed class SourceClose(
    SourceCore core, SourceVolume volume, SourceCycle cycle, SourceConnection connection)
{
    /// <summary>Closes it, from any thread. A close that was not clean is an unclean start later, no more; what was asked to be done last is done or its failure is thrown.</summary>
    /// <param name="background">Completes when nothing runs by itself any more; already told to stop. Asked for on the pair's scheduler.</param>
    /// <param name="last">Done once all is durable; null where there is nothing more to do.</param>
    /// <exception cref="IOException">What was to be done last could not be written.</exception>
    /// <exception cref="TimeoutException">A storage did not answer, and something was to be done last.</exception>
    public async Task RunAsync(Func<Task> background, Func<Task>? last)
    {
        ExceptionDispatchInfo? failure = null;
        await core.Control.InvokeAsync(async () =>
        {
            volume.Refusal = "The pair is being closed.";
            if (!core.Group.IsAlone)
            {
                // The others' point can't be completed without this one.
                await core.Group.GiveUpAsync("MemberClosed");
            }

            core.Group.Leave(cycle);
            await connection.CloseAsync();
            Task stopped = core.Service.StopAsync();
            core.Service.ReleaseWriters();
            await background();
            try
            {
                await stopped.WithDeadline(core.Options.LocalDeadline, core.Time, CancellationToken.None);
                await core.Service.CloseAsync();
                await core.Journal.CloseCleanlyAsync(core.Options.GateDeadline)
                    .WithDeadline(core.Options.GateDeadline + core.Options.LocalDeadline, core.Time, CancellationToken.None);
                if (last is not null)
                {
                    await last();
                }
            }
            catch (Exception exception) when (exception is IOException or TimeoutException)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
                core.Events.Report(PairEventId.MetadataFailed, ("detail", exception.Message));
            }
        });
        await core.Parts.Volume.DisposeAsync();
        await core.Parts.Intermediate.DisposeAsync();
        await core.Parts.Metadata.DisposeAsync();
        await core.Parts.SecondLog.Device.DisposeAsync();
        if (last is not null)
        {
            failure?.Throw();
        }
    }
}
