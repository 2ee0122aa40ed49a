using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.SyncCache.Hardening;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>Whatever comes when, and whenever sessions end: a node's record holds every grain that the other one may have only in its cache.</summary>
public sealed class HardeningModelTests
{
    private const int Seeds = 1000;

    public static TheoryData<string, HardeningMethod[]> Breaks() => new()
    {
        { nameof(SyncFaults.ClearOldWhenScanStarts), Enum.GetValues<HardeningMethod>() },
        { nameof(SyncFaults.AcceptStaleCompletions), Enum.GetValues<HardeningMethod>() },
        { nameof(SyncFaults.ForgetOldWithSession), Enum.GetValues<HardeningMethod>() },
        { nameof(SyncFaults.ToggleWhileOldInUse), Enum.GetValues<HardeningMethod>() },
        { nameof(SyncFaults.CompleteUnsettled), [HardeningMethod.DestageScan, HardeningMethod.Selective] },
        { nameof(SyncFaults.ForgetMirrorWithSession), [HardeningMethod.Counter, HardeningMethod.Selective] },
        { nameof(SyncFaults.ToggleBeforeAcceptance), [HardeningMethod.Counter, HardeningMethod.Selective] },
        { nameof(SyncFaults.CountTwice), [HardeningMethod.Counter] },
        { nameof(SyncFaults.CountOverwritten), [HardeningMethod.Counter] },
        { nameof(SyncFaults.CountPending), [HardeningMethod.Counter] },
    };

    [Theory]
    [InlineData(HardeningMethod.DestageScan)]
    [InlineData(HardeningMethod.Counter)]
    [InlineData(HardeningMethod.Selective)]
    [Rule("S-2")]
    [Rule("S-4")]
    [Rule("S-5")]
    [Rule("S-6")]
    [Rule("S-7")]
    public void A_record_holds_all_that_the_other_node_may_lack_and_is_empty_in_the_end(HardeningMethod method)
    {
        HardeningTally tally = new();
        for (int seed = 0; seed < Seeds; seed++)
        {
            string? violation = HardeningModelRun.Run(seed, method, SyncFaults.None, tally);
            Assert.True(violation is null, violation);
        }

        Assert.True(
            tally is { Completed: > 5000, LostAnnounced: > 1000, LostHardening: > 300, Late: > 1000, Overwritten: > 2000, SentAgain: > 1000, Helped: > 1000 },
            $"The seeds try too little: {tally}");
    }

    [Theory]
    [MemberData(nameof(Breaks))]
    [Rule("S-2")]
    public void A_deliberate_break_is_found(string name, HardeningMethod[] methods)
    {
        SyncFaults faults = new();
        typeof(SyncFaults).GetProperty(name)!.SetValue(faults, true);
        Assert.All(methods, method => Assert.True(IsFound(method, faults, marksApart: false), $"{name} is not found with {method}."));
    }

    [Theory]
    [InlineData(HardeningMethod.DestageScan)]
    [InlineData(HardeningMethod.Counter)]
    [InlineData(HardeningMethod.Selective)]
    [Rule("S-3")]
    public void A_toggle_between_a_write_s_mark_and_its_sending_is_found(HardeningMethod method) =>
        Assert.True(IsFound(method, SyncFaults.None, marksApart: true));

    private static bool IsFound(HardeningMethod method, SyncFaults faults, bool marksApart) =>
        Enumerable.Range(0, Seeds).Any(seed => HardeningModelRun.Run(seed, method, faults, new HardeningTally(), marksApart) is not null);
}
