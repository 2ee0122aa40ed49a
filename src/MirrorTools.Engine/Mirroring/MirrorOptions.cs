using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring;

/// <summary>What an admin may set of a pair, and the bounds of its waits (P-7).</summary>
public sealed record MirrorOptions
{
    /// <summary>What a write to a grain that is still to be copied does.</summary>
    public WritePolicy WritePolicy { get; init; } = WritePolicy.CopyOnWriteLocal;

    /// <summary>AsyncCopy: what a write does that meets a grain of the increment under way which the other site lacks .</summary>
    public CollisionPolicy CollisionPolicy { get; init; } = CollisionPolicy.NewImage;

    /// <summary>AsyncCopy: how many bytes of old images may be kept aside in memory .</summary>
    public long KeptImageBytes { get; init; } = 64 << 20;

    /// <summary>AsyncCopy: how long an increment may take before it is given up .</summary>
    public TimeSpan MaximumIncrement { get; init; } = TimeSpan.FromHours(1);

    /// <summary>AsyncCopy: how many committed points are kept to be read, the newest one included; 1 to <see cref="PairRecord.MaximumRecentPoints"/> (A-10).</summary>
    public int RetainPoints { get; init; } = 1;

    /// <summary>With <see cref="WritePolicy.Hold"/>: a held write's grain keeps its place in the scan instead of going to the front (F-30).</summary>
    public bool HoldInScanOrder { get; init; }

    /// <summary>The order of the background copy.</summary>
    public ScanOrder ScanOrder { get; init; } = ScanOrder.Ascending;

    /// <summary>How long a write waits for C, or a run of merged points lasts, before writes go on with B alone (F-6, F-27).</summary>
    public TimeSpan LinkDeadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a write waits for B before the point is given up (F-22, P-8).</summary>
    public TimeSpan LocalDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the gate may wait for writes in flight before the point is abandoned.</summary>
    public TimeSpan GateDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>In a group over several agents: how long writes stay held for a point while another agent is waited for; then they go on, and the point is given up .</summary>
    public TimeSpan RunTimer { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long site 2 may take to prepare and decide before the answer counts as missing and is asked for anew.</summary>
    public TimeSpan DecisionDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest run of grains that one copy step moves, in bytes.</summary>
    public int RunBytes { get; init; } = 1 << 20;

    /// <summary>How many bytes the second flashcopy copies between two flushes of the target (F-14).</summary>
    public int BatchBytes { get; init; } = 64 << 20;

    /// <summary>How many bytes of copy steps may be held in memory at once.</summary>
    public int WindowBytes { get; init; } = 16 << 20;

    /// <summary>How many copy steps may wait for their acknowledgement.</summary>
    public int MaximumUnacknowledged { get; init; } = 256;

    /// <summary>How often cold regions are looked for.</summary>
    public TimeSpan CoolingInterval { get; init; } = TimeSpan.FromSeconds(10);
}
