namespace MirrorTools.Simulation.Scheduling;

/// <summary>Takes a process's continuations to the scheduler, and drops them once the process is dead.</summary>
internal sealed class SimContext(SimProcess process) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state)
    {
        var scheduler = process.Scheduler;
        if (!scheduler.IsOnSchedulerThread)
        {
            scheduler.ReportEscape(new SimWorkItem(process, d, state, -1).Describe());
            return;
        }

        process.Deliver(new SimWorkItem(process, d, state, scheduler.NextSequence()));
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("Code under simulation must not block on another context.");

    public override SynchronizationContext CreateCopy() => this;
}
