using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Tests.Journal;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>The order of a cooling, where somebody else writes pages beside it.</summary>
public sealed class RegionJournalTests
{
    private const long Region = 3;

    [Theory]
    [Rule("F-18")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_region_stays_hot_until_a_page_is_written_that_somebody_else_could_not_write(bool forgetsAll)
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        await log.MarkHotAsync(Region, Region, default);
        DirtyPages behind = new(1);
        Journal journal = new(log, behind, bed.Time);

        // The page is in somebody's hand as the cooling begins, and comes back unwritten while the cooling flushes.
        journal.Persisting = () =>
        {
            journal.Persisting = null;
            journal.FailElsewhere();
            behind.Mark(0);
        };
        if (forgetsAll)
        {
            await journal.PersistAllAsync();
        }
        else
        {
            await journal.CoolAsync(10, 0, TimeSpan.FromSeconds(1));
            Assert.Equal(RegionState.Cold, log.StateOf(Region));
        }

        Assert.Equal([0], journal.Written);
    }

    [Fact]
    [Rule("F-18")]
    public async Task A_region_whose_pages_are_written_already_goes_cold_after_its_data_is_flushed()
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        await log.MarkHotAsync(Region, Region, default);
        Journal journal = new(log, new DirtyPages(1), bed.Time);
        RegionState? seen = null;
        journal.Persisting = () => seen = log.StateOf(Region);
        await journal.CoolAsync(10, 0, TimeSpan.FromSeconds(1));
        Assert.Equal(RegionState.Cooling, seen);
    }

    private sealed class Journal(DirtyRegionLog log, DirtyPages behind, TimeProvider time)
        : RegionJournal(log, new BehindPages(behind, log, keepsMarks: false), new EpochGate(time))
    {
        private int _failures;

        public Action? Persisting { get; set; }

        public List<int> Written { get; } = [];

        protected override int Failures => _failures;

        public void FailElsewhere() => _failures++;

        protected override Task PersistAsync(SortedSet<int> taken)
        {
            Persisting?.Invoke();
            Written.AddRange(taken);
            return Task.CompletedTask;
        }
    }
}
