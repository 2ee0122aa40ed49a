using MirrorTools.Engine.Journal;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

/// <summary>Marks, uses and cools regions by seed, and keeps count of what must be found hot after a stop at this instant.</summary>
internal sealed class RegionLogWorkload(DirtyRegionLog log, Random random, int mostAtOnce, HashSet<long> everMarked)
{
    /// <summary>The regions that writes may have reached.</summary>
    public HashSet<long> Required { get; init; } = [.. log.HotRegions];

    /// <summary>True where the last thing that happened was a clean close.</summary>
    public bool IsClean { get; private set; }

    public async Task RunAsync(PowerSwitch power, int steps)
    {
        for (int step = 0; step < steps && !power.IsOff; step++)
        {
            switch (random.Next(12))
            {
                case 0 or 1 or 2:
                    Cool(random.Next(1, 1 + log.RegionSlots));
                    break;
                case 3 when random.Next(8) == 0:
                    // Whoever closes cleanly has flushed everything before: from here on nothing is owed, whether or not the log hears of it.
                    Required.Clear();
                    IsClean = log.WriteCleanAsync(default).IsCompletedSuccessfully;
                    break;
                default:
                    if (!await MarkAsync())
                    {
                        return;
                    }

                    break;
            }
        }
    }

    private void Cool(int count)
    {
        IReadOnlyList<long> cooling = log.BeginCooling(count, _ => random.Next(3) > 0);
        HashSet<long> used = [.. cooling.Where(region => random.Next(4) == 0 && log.TryUse(region))];
        log.CompleteCoolingAsync(cooling, default).AsTask().Wait();
        Required.RemoveWhere(region => cooling.Contains(region) && !used.Contains(region));
        foreach (long region in used)
        {
            Assert.True(log.IsHot(region));
        }
    }

    /// <summary>False where the log does not take marks any more.</summary>
    private async Task<bool> MarkAsync()
    {
        int count = random.Next(1, mostAtOnce + 1);
        count = (int)Math.Min(count, log.MaximumRegionsPerMark);
        long first = random.NextInt64(log.RegionCount - count + 1);
        while (log.FreeSlots < count)
        {
            Cool(log.RegionSlots);
        }

        for (long region = first; region < first + count; region++)
        {
            everMarked.Add(region);
        }

        IsClean = false;
        Task mark = log.MarkHotAsync(first, first + count - 1, default).AsTask();
        if (!mark.IsCompleted)
        {
            // The power went: nothing was acknowledged.
            return false;
        }

        try
        {
            await mark;
        }
        catch (DirtyRegionLogException)
        {
            return false;
        }

        for (long region = first; region < first + count; region++)
        {
            Assert.True(log.TryUse(region));
            Required.Add(region);
        }

        return true;
    }
}
