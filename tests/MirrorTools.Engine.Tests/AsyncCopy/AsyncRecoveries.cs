using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Ways to a recovery at site 2, and back.</summary>
internal static class AsyncRecoveries
{
    /// <summary>Everything is committed; then an increment of some grains, 10 to 14 if not told otherwise, has reached site 2 and is not decided.</summary>
    /// <returns>What was committed.</returns>
    public static async Task<byte[]> HalfDrainAsync(this AsyncRig rig, int first = 10, int count = 5)
    {
        await rig.SyncAsync();
        byte[] committed = rig.Content(rig.A);
        await rig.BeginHalfAsync(first, count);
        return committed;
    }

    /// <summary>An increment of some grains reaches site 2 and is not decided.</summary>
    public static async Task BeginHalfAsync(this AsyncRig rig, int first, int count)
    {
        rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        await rig.WriteAsync(first, 2, count);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Completing);
        Assert.Equal(2, rig.Peek(rig.S, first + count - 1));
    }

    /// <summary>Recovers at site 2, whose power may be lost before.</summary>
    public static async Task<MirrorSource> RecoverAsync(this AsyncRig rig, bool losePower, bool slowly, Action? beforeOpening = null)
    {
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        if (losePower)
        {
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
        }

        await rig.Target.RecoverAsync(force: false);
        beforeOpening?.Invoke();
        MirrorSource recovered = await MirrorSource.OpenAsync(rig.Parts2());
        if (slowly)
        {
            // The undoing in the background takes its time; hosts come before it.
            rig.Area.Faults.ExtraLatency = TimeSpan.FromSeconds(1);
        }

        return recovered;
    }

    /// <summary>The former source hears of the newer generation, and becomes its copy.</summary>
    public static async Task ReturnAsync(this AsyncRig rig, MirrorSource former, MirrorSource present)
    {
        rig.Meet(former, present);
        await rig.UntilAsync(async () => (await former.GetStatusAsync()).State == SourceState.Suspended);
        await former.BecomeTargetAsync((await present.GetStatusAsync()).Generations);
    }
}
