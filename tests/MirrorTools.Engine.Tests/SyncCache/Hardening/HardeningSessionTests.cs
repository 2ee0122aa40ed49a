using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.SyncCache.Hardening;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>What messages scans cost, and what becomes of them when their session ends.</summary>
public sealed class HardeningSessionTests
{
    [Theory]
    [InlineData(HardeningMethod.DestageScan)]
    [InlineData(HardeningMethod.Counter)]
    [InlineData(HardeningMethod.Selective)]
    [Rule("S-4")]
    public void A_scan_costs_one_pair_of_messages_however_many_grains_it_is_about(HardeningMethod method)
    {
        HardeningModel model = new(method, grainCount: 3000);
        model.Run(() =>
        {
            for (long first = 0; first < 3000; first += 100)
            {
                model.Primary.Write(new GrainRange(first, 100));
                model.Settle();
            }

            foreach (ModelNode node in (ModelNode[])[model.Primary, model.Secondary])
            {
                int before = node.Sent.Count;
                for (int range = 0; range < 3; range++)
                {
                    Assert.True(node.Scanner.TryStart(range));
                    model.Settle();
                    for (long grain = range * 1000; grain < (range + 1) * 1000; grain++)
                    {
                        HardeningModel.Harden(node, grain);
                    }

                    model.Settle();
                }

                ModelMessageKind[] pair = [ModelMessageKind.ScanStarted, ModelMessageKind.ScanCompleted];
                Assert.Equal([.. pair, .. pair, .. pair], node.Sent.Skip(before).Select(message => message.Kind).Where(pair.Contains));
            }

            Assert.Equal(0, model.Primary.Record.Union().CountSet());
            Assert.Equal(0, model.Secondary.Record.Union().CountSet());
        });
    }

    [Theory]
    [InlineData(HardeningMethod.DestageScan, false)]
    [InlineData(HardeningMethod.DestageScan, true)]
    [InlineData(HardeningMethod.Counter, false)]
    [InlineData(HardeningMethod.Counter, true)]
    [InlineData(HardeningMethod.Selective, false)]
    [InlineData(HardeningMethod.Selective, true)]
    [Rule("S-4")]
    [Rule("S-5")]
    public void A_scan_whose_session_is_lost_clears_nothing_and_the_next_one_does(HardeningMethod method, bool isAccepted)
    {
        HardeningModel model = new(method);
        model.Run(() =>
        {
            (ModelNode primary, ModelNode secondary) = (model.Primary, model.Secondary);
            primary.Write(new GrainRange(0, 2));
            model.Settle();
            Assert.True(secondary.Scanner.TryStart(0));
            model.DeliverTo(primary);
            if (isAccepted)
            {
                model.Settle();
                HardeningModel.Harden(secondary, 0);
            }

            primary.LoseSession();
            secondary.LoseSession();
            Assert.Empty(secondary.Scanner.Scans);
            Assert.False(primary.Record.IsOldInUse(0));
            Assert.Equal(2, primary.Record.Union().CountSet());
            if (secondary.Scanner.Method is CounterMethod counter)
            {
                Assert.Equal((isAccepted ? 1 : 2, 0), counter.Counters(0));
            }

            // Whatever arrives late of the old scan, it is not the one that the next session waits for.
            model.Connect();
            model.Settle();
            Assert.True(secondary.Scanner.TryStart(0));
            Assert.False(secondary.Scanner.OnAccepted(0, 1));
            model.Settle();
            Assert.False(primary.Record.CompleteScan(0, 1));
            Assert.Equal(2, primary.Record.Union().CountSet());

            HardeningModel.Harden(secondary, 0);
            HardeningModel.Harden(secondary, 1);
            model.Settle();
            Assert.Equal(0, primary.Record.Union().CountSet());
            Assert.Equal([2L], secondary.Sent.Where(message => message.Kind == ModelMessageKind.ScanCompleted).Select(message => message.Number));
        });
    }

    [Fact]
    [Rule("S-4")]
    public void A_keeper_refuses_a_scan_of_a_range_whose_old_map_is_in_use_and_ranges_that_are_not_there()
    {
        HardeningRecord record = new(new HardeningRanges(12, 3), SyncFaults.None);
        record.Mark(new GrainRange(3, 2));
        Assert.True(record.TryBeginScan(0, 1));
        Assert.False(record.TryBeginScan(0, 2));
        Assert.True(record.TryBeginScan(1, 2));
        Assert.False(record.TryBeginScan(3, 3));
        Assert.False(record.TryBeginScan(-1, 3));
        Assert.False(record.TryBeginScan(2, 0));

        Assert.False(record.CompleteScan(0, 2));
        Assert.False(record.CompleteScan(2, 0));
        Assert.False(record.CompleteScan(3, 3));
        Assert.True(record.IsMarked(3) && record.IsMarked(4));
        Assert.True(record.CompleteScan(0, 1));
        Assert.False(record.IsMarked(3));
        Assert.True(record.IsMarked(4));
    }

    [Fact]
    [Rule("S-4")]
    public void A_scanner_takes_no_acceptance_of_a_scan_that_does_not_wait_for_one()
    {
        HardeningModel model = new(HardeningMethod.Counter);
        model.Run(() =>
        {
            HardeningScanner scanner = model.Secondary.Scanner;
            model.Primary.Write(new GrainRange(0, 1));
            model.Settle();
            Assert.False(scanner.OnAccepted(0, 0));
            Assert.True(scanner.TryStart(0));
            Assert.False(scanner.OnAccepted(3, 1));
            Assert.False(scanner.OnAccepted(-1, 1));
            Assert.False(scanner.OnAccepted(0, 2));
            Assert.False(scanner.OnAccepted(1, 1));
            Assert.True(scanner.OnAccepted(0, 1));
            Assert.False(scanner.OnAccepted(0, 1));
        });
    }

    [Fact]
    public void A_scan_s_states_follow_in_order()
    {
        Assert.Equal(ScanState.Announced, ScanMachine.Next(ScanState.Idle, ScanEvent.Started));
        Assert.Equal(ScanState.Hardening, ScanMachine.Next(ScanState.Announced, ScanEvent.Accepted));
        Assert.Equal(ScanState.Idle, ScanMachine.Next(ScanState.Hardening, ScanEvent.Completed));
        Assert.All(Enum.GetValues<ScanState>(), state => Assert.Equal(ScanState.Idle, ScanMachine.Next(state, ScanEvent.SessionLost)));
        (ScanState, ScanEvent)[] illegal =
        [
            (ScanState.Idle, ScanEvent.Accepted), (ScanState.Idle, ScanEvent.Completed), (ScanState.Announced, ScanEvent.Started),
            (ScanState.Announced, ScanEvent.Completed), (ScanState.Hardening, ScanEvent.Started), (ScanState.Hardening, ScanEvent.Accepted),
        ];
        Assert.All(illegal, pair => Assert.Throws<InvalidOperationException>(() => ScanMachine.Next(pair.Item1, pair.Item2)));
    }
}
