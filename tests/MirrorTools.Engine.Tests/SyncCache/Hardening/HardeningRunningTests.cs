using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Hardening;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>When scans start by themselves, and what is done about those that do not end. The secondary is the scanner.</summary>
public sealed class HardeningRunningTests
{
    private static readonly HardeningOptions s_options = HardeningModel.Options with { ThresholdGrains = 4 };

    [Fact]
    [Rule("S-4")]
    public void A_range_is_scanned_when_its_mark_is_old_and_an_idle_volume_costs_no_messages() => Run(HardeningMethod.DestageScan, (model, _) =>
    {
        // A session begins with one scan of each range, since the keeper's maps are not known then.
        model.Clock.Advance(s_options.ScanInterval);
        model.Settle();
        Assert.Equal(3, Started(model));
        Advance(model, TimeSpan.FromHours(1));
        Assert.Equal(3, Started(model));

        model.Primary.Write(new GrainRange(5, 1));
        Advance(model, s_options.ScanInterval - TimeSpan.FromSeconds(1));
        Assert.Equal(3, Started(model));
        Advance(model, TimeSpan.FromSeconds(1));
        Assert.Equal(4, Started(model));
        Assert.Equal(1, model.Secondary.Sent[^1].Range);
        HardeningModel.Harden(model.Secondary, 5);
        model.Settle();
        Assert.False(model.Primary.Record.IsMarked(5));
        Advance(model, TimeSpan.FromHours(1));
        Assert.Equal(4, Started(model));
    });

    [Fact]
    [Rule("S-4")]
    public void A_range_with_many_marks_is_scanned_at_once() => Run(HardeningMethod.Selective, (model, _) =>
    {
        // What the keeper may hold from before the session counts as one mark.
        model.Primary.Write(new GrainRange(4, 2));
        model.Settle();
        Assert.Equal(0, Started(model));
        model.Primary.Write(new GrainRange(7, 2));
        model.Settle();
        Assert.Equal([1], model.Secondary.Scanner.Scans.Select(scan => scan.Range));
    });

    [Theory]
    [InlineData(HardeningMethod.DestageScan)]
    [InlineData(HardeningMethod.Counter)]
    [InlineData(HardeningMethod.Selective)]
    [Rule("S-4")]
    public void No_more_ranges_are_scanned_at_a_time_than_options_allow(HardeningMethod method) => Run(method, (model, _) =>
    {
        model.Primary.Write(new GrainRange(0, 12));
        model.Settle();
        Assert.Equal([0, 1], model.Secondary.Scanner.Scans.Select(scan => scan.Range));
        for (long grain = 0; grain < 4; grain++)
        {
            HardeningModel.Harden(model.Secondary, grain);
        }

        model.Settle();
        Assert.Equal([1, 2], model.Secondary.Scanner.Scans.Select(scan => scan.Range));
        Assert.False(model.Secondary.Scanner.TryStart(0));
    });

    [Fact]
    [Rule("S-4")]
    public void A_scan_that_gets_no_answer_is_shown_once_and_ends_with_its_session() => Run(HardeningMethod.DestageScan, (model, _) =>
    {
        List<HardeningScan> shown = [];
        model.Secondary.Scanner.Shown = shown.Add;
        model.Secondary.Scanner.Mark(new GrainRange(0, 4));
        model.Context.RunAll();
        model.ToPrimary.Clear();

        model.Clock.Advance(s_options.ShowAfter);
        model.Context.RunAll();
        Assert.Contains(shown, scan => scan is { Range: 0, State: ScanState.Announced } && scan.Age >= s_options.ShowAfter);
        int count = shown.Count;
        model.ToPrimary.Clear();
        model.Clock.Advance(TimeSpan.FromHours(1));
        model.Context.RunAll();
        Assert.Equal(shown.Select(scan => scan.Number).Distinct().Count(), shown.Count);
        Assert.True(shown.Count <= count + 1);
        Assert.Equal(s_options.MaximumScans, model.Secondary.Scanner.Scans.Count());

        model.Primary.LoseSession();
        model.Secondary.LoseSession();
        Assert.Empty(model.Secondary.Scanner.Scans);
        model.Connect();
        Advance(model, s_options.ScanInterval);
        Assert.Equal(0, model.Primary.Record.Union().CountSet());
        Assert.Empty(model.Secondary.Scanner.Scans);
    });

    [Fact]
    [Rule("S-5")]
    public void A_counting_scan_hardens_its_old_grains_itself_when_the_background_takes_too_long() => Run(HardeningMethod.Counter, (model, _) =>
    {
        model.Primary.Write(new GrainRange(0, 4));
        model.Settle();
        Assert.Equal((0, 4), ((CounterMethod)model.Secondary.Scanner.Method).Counters(0));

        // From here on grain 3 is a new one, and the scan does not wait for it.
        model.Primary.Write(new GrainRange(3, 1));
        Advance(model, s_options.HelpAfter);
        Assert.Equal(3, model.Secondary.Cache.JobItems);
    });

    [Fact]
    [Rule("S-5")]
    public void A_pending_write_that_came_to_nothing_does_not_hold_a_counting_scan_up_for_ever() => Run(HardeningMethod.Counter, (model, _) =>
    {
        model.Primary.Write(new GrainRange(0, 4));
        model.DeliverTo(model.Secondary);
        model.Context.RunAll();
        model.DeliverTo(model.Primary);
        model.DeliverTo(model.Primary);
        model.DeliverTo(model.Secondary);
        Assert.Equal((0, 4), ((CounterMethod)model.Secondary.Scanner.Method).Counters(0));
        model.Secondary.DropNext();
        Advance(model, s_options.HelpAfter);
        Assert.DoesNotContain(model.Secondary.Scanner.Scans, scan => scan.Range == 0);
    });

    [Theory]
    [InlineData(HardeningMethod.DestageScan)]
    [InlineData(HardeningMethod.Selective)]
    [Rule("S-7")]
    public void A_disk_that_failed_completes_nothing_and_ends_the_scans(HardeningMethod method) => Run(method, (model, running) =>
    {
        model.Secondary.DiskFault = new IOException("The disk failed.");
        model.Primary.Write(new GrainRange(0, 4));
        model.Settle();
        Assert.Same(model.Secondary.DiskFault, running.Exception?.InnerException);
        Assert.Same(model.Secondary.DiskFault, model.Secondary.Scanner.Fault);
        Assert.Equal(4, model.Primary.Record.Union().CountSet());
        Assert.False(model.Secondary.Scanner.TryStart(1));
    });

    private static int Started(HardeningModel model) => model.Secondary.Sent.Count(message => message.Kind == ModelMessageKind.ScanStarted);

    private static void Advance(HardeningModel model, TimeSpan by)
    {
        model.Settle();
        model.Clock.Advance(by);
        model.Settle();
    }

    private static void Run(HardeningMethod method, Action<HardeningModel, Task> steps)
    {
        HardeningModel model = new(method, options: s_options);
        model.Run(() =>
        {
            using CancellationTokenSource stop = new();
            Task running = model.Secondary.Scanner.RunAsync(stop.Token);
            model.Context.RunAll();
            steps(model, running);

            // It ends when it is told to, whatever is under way.
            stop.Cancel();
            model.Context.RunAll();
            Assert.True(running.IsCompleted);
        });
    }
}
