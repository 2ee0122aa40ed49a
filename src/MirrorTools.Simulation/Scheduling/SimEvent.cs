namespace MirrorTools.Simulation.Scheduling;

/// <summary>Something that will happen at an instant of simulated time.</summary>
public sealed class SimEvent
{
    internal SimEvent(SimProcess owner, Action action, string label, long dueTicks, long sequence)
    {
        Owner = owner;
        Action = action;
        Label = label;
        DueTicks = dueTicks;
        Sequence = sequence;
    }

    /// <summary>What it is, for people.</summary>
    public string Label { get; }

    /// <summary>True once it can no longer happen by itself.</summary>
    public bool IsCancelled { get; private set; }

    internal SimProcess Owner { get; }

    internal Action Action { get; }

    internal long DueTicks { get; }

    internal long Sequence { get; }

    internal bool IsLive => !IsCancelled && Owner.IsAlive;

    /// <summary>Makes it not happen.</summary>
    public void Cancel() => IsCancelled = true;
}
