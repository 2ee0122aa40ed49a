using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.SyncCache;

namespace MirrorTools.Simulation.Runs;

/// <summary>The rules of the engine that a run may break on purpose, to show that the checker finds it.</summary>
public static class DeliberateFaults
{
    private static readonly string[] s_ofAsyncCopyAlone =
    [
        nameof(MirrorFaults.AcknowledgeBeforeDurable), nameof(MirrorFaults.ForgetChangeRecording), nameof(MirrorFaults.ForgetSentGrains),
        nameof(MirrorFaults.ForgetUndoneGrains), nameof(MirrorFaults.RestoreNewestLayer),
        nameof(MirrorFaults.RecordChangesLate), nameof(MirrorFaults.SkipPreserving),
    ];

    private static readonly string[] s_ofGroups =
    [
        nameof(MirrorFaults.PrepareUncopied), nameof(MirrorFaults.RunAfterExpiry), nameof(MirrorFaults.RunBeforeAccepted),
    ];

    private static readonly string[] s_ofBoth =
    [
        nameof(MirrorFaults.ChooseBeforePrepared), nameof(MirrorFaults.ForgetDifferences), nameof(MirrorFaults.ForgetHotRegions), nameof(MirrorFaults.ForgetPreparedPoints),
        nameof(MirrorFaults.LetWritesPastGate), nameof(MirrorFaults.OverwriteUncopiedGrains), nameof(MirrorFaults.PersistMapsBeforeData), nameof(MirrorFaults.WriteUnrestoredGrains),
    ];

    /// <summary>Their names, for <see cref="SimulationOptions.DeliberateFault"/>.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(MirrorFaults).GetProperties().Where(property => property.PropertyType == typeof(bool)).Select(property => property.Name).Order(StringComparer.Ordinal)];

    /// <summary>The names of those of synchronous cache mirroring, which has a set of its own.</summary>
    public static IReadOnlyList<string> OfSyncCache { get; } =
        [.. typeof(SyncFaults).GetProperties().Where(property => property.PropertyType == typeof(bool)).Select(property => property.Name).Order(StringComparer.Ordinal)];

    /// <summary>The names of those that break something in a service.</summary>
    public static IReadOnlyList<string> Of(string service) => service switch
    {
        "AsyncCopy" => [.. s_ofBoth.Concat(s_ofAsyncCopyAlone).Order(StringComparer.Ordinal)],
        "Groups" => s_ofGroups,
        "SyncCache" => OfSyncCache,
        _ => [.. Names.Except(s_ofAsyncCopyAlone).Except(s_ofGroups)],
    };
}
