using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

public sealed class MapAreaPowerCutTests
{
    // 40 pages and a bit, so that runs of neighbours cross groups and the last page is short.
    private const long Grains = (40 * GrainMap.GrainsPerPage) + 100;

    private static readonly MetadataIdentity s_identity =
        MetadataIdentity.For(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), Guid.Empty, new GrainGeometry(Grains * 4096, 4096));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("F-18")]
    [Rule("P-2")]
    public async Task After_any_power_cut_each_page_is_what_was_flushed_last_or_something_newer(bool withFaults)
    {
        int newer = 0;
        int half = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            Random random = new(seed);
            PowerSwitch power = new();
            CutDisk disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), power) { FaultyWritesTear = true };
            MetadataStore store = await MetadataStore.CreateAsync(disk, s_identity, default);
            PageHistory history = new();
            GrainMap[] maps = NewMaps();
            ulong epoch = 0;
            for (int life = 0; life < 4; life++)
            {
                power.CutAfter(random.Next(1, 60));
                while (!power.IsOff)
                {
                    disk.WriteFault = withFaults && random.Next(5) == 0 ? Volumes.BlockDeviceFault.Full : null;
                    int[] pages = SomePages(random);
                    Array.ForEach(pages, page => Scramble(maps, page, random));
                    epoch++;
                    Array.ForEach(pages, page => history.Wrote(page, epoch, maps));
                    Task write = store.SourceMaps.WritePagesAsync(pages, maps, epoch, default);
                    history.Ended(pages, write.IsFaulted);
                    if (!power.IsOff && random.Next(3) == 0)
                    {
                        disk.WriteFault = null;
                        ValueTask flush = random.Next(2) == 0 ? store.FlushAsync(default) : new ValueTask(store.State.WriteAsync(new byte[10], default));
                        if (flush.IsCompletedSuccessfully)
                        {
                            history.Flushed();
                        }
                    }
                }

                power.TurnOn();
                disk.WriteFault = null;
                if (random.Next(3) > 0)
                {
                    disk.LosePower(random);
                }

                store = await MetadataStore.OpenAsync(disk, default);
                maps = NewMaps();
                Dictionary<int, ulong> loaded = [];
                MapLoadResult result = await store.SourceMaps.LoadAsync(maps, (page, at, _, _, _, _) => loaded.Add(page, at), default);
                string because = $"seed {seed}, life {life}";
                Assert.True(result.CorruptPages.Count == 0, because);
                Assert.All(result.UnsettledPages, page => Assert.False(history.WasFlushed(page), because));
                newer += history.AssertLegal(loaded, maps, because);
                half += result.HalfPages.Count;
            }
        }

        Assert.True(newer > 500 && half > 50, $"The seeds try too little: {newer}, {half}");
    }

    private static GrainMap[] NewMaps() => [new(Grains, false), new(Grains, false), new(Grains, true)];

    private static int[] SomePages(Random random)
    {
        int first = random.Next(41);
        int count = random.Next(4) == 0 ? random.Next(1, 41) : random.Next(1, 4);
        return [.. Enumerable.Range(first, Math.Min(count, 41 - first)).Where(_ => random.Next(5) > 0)];
    }

    private static void Scramble(GrainMap[] maps, int page, Random random)
    {
        foreach (GrainMap map in maps)
        {
            GrainRange grains = map.GrainsOf(page);
            long first = random.NextInt64(grains.Count);
            GrainRange range = new(grains.First + first, random.NextInt64(grains.Count - first) + 1);
            _ = random.Next(2) == 0 ? map.SetRange(range) : map.ClearRange(range);
        }
    }
}
