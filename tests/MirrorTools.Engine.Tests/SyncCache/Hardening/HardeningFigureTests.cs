using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Hardening;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>Figures 5 and 6 step by step, with the numerals of the source document. Range 0 has the grains 0 to 3, range 2 the grains 8 to 11.</summary>
public sealed class HardeningFigureTests
{
    [Fact]
    [Rule("S-2")]
    [Rule("S-4")]
    public void Figure_5()
    {
        HardeningModel model = new(HardeningMethod.DestageScan);
        model.Run(() =>
        {
            (ModelNode primary, ModelNode secondary) = (model.Primary, model.Secondary);
            primary.Write(new GrainRange(1, 2));
            primary.Write(new GrainRange(8, 1));
            model.Settle();
            Assert.Equal([1, 2, 8], Marked(primary));
            Assert.Equal([1, 2, 8], Marked(secondary));

            // 70: the secondary announces a scan. What the primary sends before it hears of it belongs to the scan.
            Assert.True(secondary.Scanner.TryStart(0));
            primary.Write(new GrainRange(3, 1));

            // 72, 74: current becomes old, and the acceptance is queued behind that write. What is sent from now on is marked in the fresh map.
            Assert.Equal(ModelMessageKind.ScanStarted, model.DeliverTo(primary)?.Kind);
            Assert.True(primary.Record.IsOldInUse(0));
            Assert.Equal(ModelMessageKind.ScanAccepted, primary.Sent[^1].Kind);
            primary.Write(new GrainRange(1, 1));
            Assert.Equal(ScanState.Announced, secondary.Scanner.Scans.Single().State);

            // 76: the secondary hardens what is in the range, which takes the new version of grain 1 just as little as grain 8 of another range.
            model.Settle();
            Assert.Equal(ScanState.Hardening, secondary.Scanner.Scans.Single().State);
            HardeningModel.Harden(secondary, 2);
            model.Settle();
            Assert.Equal([1, 2, 3, 8], Marked(primary));
            HardeningModel.Harden(secondary, 3);

            // 78, 80: completion, and the old map is cleared. Grain 1 stays, since its new version is in the secondary's cache only.
            model.Settle();
            Assert.Empty(secondary.Scanner.Scans);
            Assert.False(primary.Record.IsOldInUse(0));
            Assert.Equal([1, 8], Marked(primary));

            // The secondary's record of the primary is a matter of the primary's scans.
            Assert.Equal([1, 2, 3, 8], Marked(secondary));
            Assert.Null(model.Violation());
        });
    }

    [Fact]
    [Rule("S-5")]
    public void Figure_6()
    {
        HardeningModel model = new(HardeningMethod.Counter);
        model.Run(() =>
        {
            (ModelNode primary, ModelNode secondary) = (model.Primary, model.Secondary);
            CounterMethod counter = (CounterMethod)secondary.Scanner.Method;
            void Write(long grain)
            {
                primary.Write(new GrainRange(grain, 1));
                model.Settle();
            }

            // N goes up with each grain that is marked and down with each that is hardened, without a message.
            primary.Write(new GrainRange(0, 3));
            model.Settle();
            Assert.Equal((3, 0), counter.Counters(0));
            int sent = secondary.Sent.Count;
            HardeningModel.Harden(secondary, 0);
            model.Settle();
            Assert.Equal((2, 0), counter.Counters(0));
            Assert.Equal(sent, secondary.Sent.Count);

            // 90: a write that is received before the acceptance still counts in N, and 92, 94: M := N, N := 0.
            Assert.True(secondary.Scanner.TryStart(0));
            model.DeliverTo(primary);
            Assert.Equal((2, 0), counter.Counters(0));
            model.Settle();
            Assert.Equal((0, 2), counter.Counters(0));

            // 96 to 102: a write to an old grain marks it as new and takes it from the old ones; a second one changes nothing.
            Write(1);
            Assert.Equal((1, 1), counter.Counters(0));
            Write(1);
            Assert.Equal((1, 1), counter.Counters(0));

            // A write to a grain that is not old counts in N alone.
            Write(3);
            Assert.Equal((2, 1), counter.Counters(0));

            // 104, 106: hardening a new grain counts in N alone. Written once more, it is not taken from the old ones a second time.
            HardeningModel.Harden(secondary, 1);
            Assert.Equal((1, 1), counter.Counters(0));
            Write(1);
            Assert.Equal((2, 1), counter.Counters(0));

            // No toggle while old grains are left.
            Assert.False(secondary.Scanner.TryStart(0));
            Assert.Equal([0, 1, 2, 3], Marked(primary));

            // 108, 110: the last old grain is hardened, M = 0, and the primary clears its old map.
            HardeningModel.Harden(secondary, 2);
            Assert.Equal((2, 0), counter.Counters(0));
            model.Settle();
            Assert.Equal([1, 3], Marked(primary));
            Assert.Equal(1, secondary.Sent.Count(message => message.Kind == ModelMessageKind.ScanCompleted));
            Assert.Null(model.Violation());
        });
    }

    [Fact]
    [Rule("S-6")]
    public void The_selective_method_hardens_what_is_both_old_and_unhardened()
    {
        HardeningModel model = new(HardeningMethod.Selective);
        model.Run(() =>
        {
            (ModelNode primary, ModelNode secondary) = (model.Primary, model.Secondary);
            primary.Write(new GrainRange(0, 2));
            model.Settle();
            HardeningModel.Harden(secondary, 0);
            Assert.True(secondary.Scanner.TryStart(0));
            model.DeliverTo(primary);

            // The keeper has toggled: this grain is not old, and the scan does not wait for it.
            primary.Write(new GrainRange(2, 1));
            model.Settle();
            Assert.Equal([0, 1, 2], Marked(primary));
            HardeningModel.Harden(secondary, 1);
            model.Settle();
            Assert.Equal([2], Marked(primary));
            Assert.True(secondary.IsUnhardened(2));
        });
    }

    [Fact]
    [Rule("S-7")]
    public void A_version_that_was_overwritten_while_it_was_hardened_does_not_count()
    {
        HardeningModel model = new(HardeningMethod.Counter);
        model.Run(() =>
        {
            (ModelNode primary, ModelNode secondary) = (model.Primary, model.Secondary);
            CounterMethod counter = (CounterMethod)secondary.Scanner.Method;
            primary.Write(new GrainRange(0, 1));
            model.Settle();
            secondary.Cache.BeginWrite(0);

            // Received, not in the cache yet.
            primary.Write(new GrainRange(0, 1));
            model.DeliverTo(secondary);
            secondary.Cache.EndWrite(0, secondary.Scanner.OnHardened);
            Assert.Equal((1, 0), counter.Counters(0));

            // In the cache.
            model.Settle();
            secondary.Cache.BeginWrite(0);
            primary.Write(new GrainRange(0, 1));
            model.Settle();
            secondary.Cache.EndWrite(0, secondary.Scanner.OnHardened);
            Assert.Equal((1, 0), counter.Counters(0));

            HardeningModel.Harden(secondary, 0);
            Assert.Equal((0, 0), counter.Counters(0));
        });
    }

    [Fact]
    [Rule("S-5")]
    public void A_write_of_the_primary_that_ends_a_scan_goes_out_before_the_scan_s_completion()
    {
        HardeningModel model = new(HardeningMethod.Counter);
        model.Run(() =>
        {
            ModelNode primary = model.Primary;
            primary.Write(new GrainRange(0, 1));
            model.Settle();

            // The primary's mirror toggles where ScanStarted lies in its stream.
            Assert.True(primary.Scanner.TryStart(0));
            Assert.Equal((0, 1), ((CounterMethod)primary.Scanner.Method).Counters(0));
            model.Settle();

            // The grain is unhardened at the primary. Were its old mark cleared before the write arrives that marks it anew, the secondary would not know of it.
            primary.Write(new GrainRange(0, 1));
            Assert.Equal((1, 0), ((CounterMethod)primary.Scanner.Method).Counters(0));
            model.Context.RunAll();
            Assert.Equal([ModelMessageKind.Write, ModelMessageKind.ScanCompleted], primary.Sent.TakeLast(2).Select(message => message.Kind));
            model.DeliverTo(model.Secondary);
            model.DeliverTo(model.Secondary);
            Assert.Equal([0], Marked(model.Secondary));
        });
    }

    private static IEnumerable<long> Marked(ModelNode keeper) =>
        keeper.Record.Union().Ranges(true).SelectMany(run => Enumerable.Range(0, (int)run.Count).Select(index => run.First + index));
}
