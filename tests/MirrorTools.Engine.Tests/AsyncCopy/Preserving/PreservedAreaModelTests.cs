using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

/// <summary>Whatever is preserved, committed, dropped, taken out and cleared, with disks that fill up, flushes that fail and power that goes: every kept point shows its image.</summary>
public sealed class PreservedAreaModelTests
{
    private const int Grains = 16;

    [Fact]
    [Rule("A-6")]
    [Rule("A-9")]
    [Rule("A-10")]
    public async Task Every_kept_point_shows_the_volume_as_it_was_at_its_commit()
    {
        Tally tally = new();
        for (int seed = 0; seed < 300; seed++)
        {
            await RunAsync(seed, tally);
        }

        Assert.True(
            tally is { Preserved: > 2000, Full: > 50, Failed: > 100, Cut: > 100, Removed: > 300, Merged: > 100, Cleared: > 20 }, $"The seeds try too little: {tally}");
    }

    private static async Task RunAsync(int seed, Tally tally)
    {
        Random random = new(seed);
        AreaBed bed = await AreaBed.CreateAsync(slotCount: 24, grainCount: Grains);
        bed.Disk.FaultyWritesTear = true;
        AreaModel model = new(bed);
        ulong label = 0;
        for (int life = 0; life < 6; life++)
        {
            string because = $"seed {seed}, life {life}";
            bed.Power.CutAfter(random.Next(5, 80));
            bool dies = false;
            while (!dies)
            {
                bed.Disk.WriteFault = random.Next(10) == 0 ? BlockDeviceFault.Full : null;
                bed.Disk.FailFlush = random.Next(60) == 0;
                switch (random.Next(12))
                {
                    case 0 or 1:
                        label += (ulong)random.Next(1, 4);
                        model.Begin(label);
                        bed.Area.BeginLayer(label);
                        break;
                    case 2 or 3:
                        dies = Keep(bed, model, random, tally);
                        break;
                    case 4 when model.Kept.Count > 0:
                        Remove(bed, model, random, tally);
                        break;
                    case 5 when random.Next(6) == 0:
                        Clear(bed, model, tally);
                        break;
                    default:
                        Overwrite(bed, model, random, tally);
                        break;
                }

                dies |= bed.Power.IsOff || bed.Disk.FailFlush;
                if (!dies)
                {
                    await model.CheckAsync(isFresh: false, because);
                }
            }

            tally.Cut += bed.Power.IsOff ? 1 : 0;
            (bed.Disk.WriteFault, bool lostPower) = (null, bed.Disk.FailFlush || random.Next(3) > 0);
            bed.Power.TurnOn();
            if (lostPower)
            {
                bed.Disk.LosePower(random);
            }

            await bed.OpenAsync([.. model.Kept]);
            model.Resolve();
            await model.CheckAsync(isFresh: true, because + ", opened anew");
        }
    }

    /// <summary>Writes to the volume, after what the newest point would lose was preserved.</summary>
    private static void Overwrite(AreaBed bed, AreaModel model, Random random, Tally tally)
    {
        long[] grains = SomeGrains(random);
        if (model.Kept.Count > 0)
        {
            List<long> lacking = model.Lacking(grains);
            long freeSlots = bed.Area.FreeSlots;
            Task preserve = bed.PreserveAsync(grains);
            if (!preserve.IsCompletedSuccessfully)
            {
                bool isFull = preserve.Exception?.InnerException is AreaFullException;
                Assert.Equal(isFull, isFull && lacking.Count > freeSlots);
                tally.Full += isFull ? 1 : 0;
                tally.Failed += preserve.IsFaulted && !isFull ? 1 : 0;
                model.Uncertain(isFull ? [] : lacking);
                return;
            }

            model.Preserved(lacking);
            tally.Preserved += lacking.Count;
        }

        Array.ForEach(grains, grain => bed.Stamp(grain, SomeStamp(random)));
    }

    /// <summary>Drops points; true where the process dies when the list is durable and the area does not know of it.</summary>
    private static bool Keep(AreaBed bed, AreaModel model, Random random, Tally tally)
    {
        List<ulong> kept = [.. model.Kept.Where((label, index) => index == model.Kept.Count - 1 || random.Next(3) > 0)];
        tally.Merged += kept.Count > 1 && kept.Count < model.Kept.Count ? 1 : 0;
        model.Keep(kept);
        if (random.Next(8) == 0)
        {
            return true;
        }

        bed.Area.Keep(kept);
        return false;
    }

    /// <summary>Undoes grains: the volume has them as the point shows them, then they are taken out, then the host writes.</summary>
    private static void Remove(AreaBed bed, AreaModel model, Random random, Tally tally)
    {
        long[] grains = SomeGrains(random);
        foreach (long grain in grains.Where(grain => bed.Area.Newest[grain]))
        {
            bed.Stamp(grain, model.Image(model.Newest, grain));
        }

        List<long> held = [.. grains.Where(grain => bed.Area.Newest[grain])];
        Task remove = bed.RemoveAsync(grains);
        if (!remove.IsCompletedSuccessfully)
        {
            model.Uncertain(held);
            return;
        }

        model.Removed(grains);
        tally.Removed += held.Count;
        if (model.Kept.Count == 1)
        {
            foreach (long grain in grains)
            {
                byte stamp = SomeStamp(random);
                bed.Stamp(grain, stamp);
                model.Recovered(grain, stamp);
            }
        }
    }

    private static void Clear(AreaBed bed, AreaModel model, Tally tally)
    {
        int layers = bed.Area.Layers.Count;
        Task clear = bed.Area.ClearAsync();
        tally.Cleared++;
        if (clear.IsCompletedSuccessfully || (bed.Area.Layers.Count == 0 && layers > 0))
        {
            model.Cleared();
        }
        else
        {
            model.MaybeCleared();
        }
    }

    private static long[] SomeGrains(Random random)
    {
        int first = random.Next(Grains);
        return [.. Enumerable.Range(first, Math.Min(random.Next(1, 8), Grains - first)).Where(_ => random.Next(4) > 0).Select(grain => (long)grain)];
    }

    private static byte SomeStamp(Random random) => (byte)(random.Next(4) == 0 ? 0 : random.Next(1, 256));

    private sealed record Tally
    {
        public int Preserved { get; set; }

        public int Full { get; set; }

        public int Failed { get; set; }

        public int Cut { get; set; }

        public int Removed { get; set; }

        public int Merged { get; set; }

        public int Cleared { get; set; }
    }
}
