using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;

namespace MirrorTools.Engine.Tests;

/// <summary>Sources and targets of a rig that have changed their sites.</summary>
internal static class RigRoles
{
    /// <summary>Lets two sources hear of each other.</summary>
    public static void Meet(this PairRig rig, MirrorSource first, MirrorSource second)
    {
        (TestChannel left, TestChannel right) = TestChannel.Pair(rig.PairId, rig.PairId);
        second.Attach(right);
        first.Attach(left);
    }

    /// <summary>Joins a source and its target, and waits until they have met.</summary>
    public static async Task JoinAsync(this PairRig rig, MirrorSource source, MirrorTarget target)
    {
        rig.Join(source, target);
        await rig.UntilAsync(async () => (await source.GetStatusAsync()).IsConnected);
    }

    /// <summary>Runs a whole cycle of any source to its commit.</summary>
    /// <returns>How many grains it sent.</returns>
    public static async Task<long> CycleAsync(this PairRig rig, MirrorSource source)
    {
        long before = (await source.GetStatusAsync()).SentGrains;
        ulong point = await source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await source.GetStatusAsync()).LastCommitted.Number >= point);
        return (await source.GetStatusAsync()).SentGrains - before;
    }
}
