using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Tests.Journal;
using MirrorTools.Engine.Volumes;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

/// <summary>A small volume, a preserved area beside it, and the power of the area's disk. A grain of stamp 0 is zeros, which the volume says are a hole.</summary>
internal sealed class AreaBed
{
    public const int GrainBytes = 4096;

    public static readonly Guid PairId = new("00112233-4455-6677-8899-aabbccddeeff");

    public AreaBed(long slotCount = 40, long grainCount = 32, int lastGrainBytes = GrainBytes)
    {
        Geometry = new GrainGeometry(((grainCount - 1) * GrainBytes) + lastGrainBytes, GrainBytes);
        Volume = new CutDisk(grainCount * GrainBytes, new PowerSwitch());
        Disk = new CutDisk(PreservedArea.LengthFor(Geometry, slotCount), Power);
    }

    public GrainGeometry Geometry { get; }

    public PowerSwitch Power { get; } = new();

    public CutDisk Volume { get; }

    public CutDisk Disk { get; }

    public PreservedArea Area { get; private set; } = null!;

    public static async Task<AreaBed> CreateAsync(long slotCount = 40, long grainCount = 32, params ulong[] layers)
    {
        AreaBed bed = new(slotCount, grainCount);
        await PreservedArea.CreateAsync(bed.Disk, PairId, bed.Geometry);
        await bed.OpenAsync(layers);
        return bed;
    }

    public Task OpenAsync(params ulong[] layers) => OpenOnAsync(Disk, layers);

    /// <summary>Opens the area on a decorator of its disk.</summary>
    public async Task OpenOnAsync(IBlockDevice disk, params ulong[] layers) => Area = await PreservedArea.OpenAsync(disk, PairId, Geometry, layers);

    /// <summary>The power of the area's disk went and is back.</summary>
    public async Task ReopenAfterPowerLossAsync(Random random, params ulong[] layers)
    {
        Power.TurnOn();
        Disk.LosePower(random);
        await OpenAsync(layers);
    }

    /// <summary>Puts a stamp into a grain of the volume.</summary>
    public void Stamp(long grain, byte stamp)
    {
        byte[] data = new byte[GrainBytes];
        Array.Fill(data, stamp);
        Volume.Overwrite(grain * GrainBytes, data);
    }

    public Task PreserveAsync(params long[] grains) => Area.PreserveAsync(Runs(grains), Volume);

    public Task RemoveAsync(params long[] grains) => Area.RemoveAsync(Runs(grains));

    /// <summary>What a layer shows of a grain: its stamp; -1 where the volume has it.</summary>
    public async Task<int> ShownAsync(ulong layer, long grain)
    {
        if (!Area.TryFind(layer, grain, out PreservedPlace place))
        {
            return -1;
        }

        byte[] data = new byte[Geometry.LengthOf(grain, 1)];
        if (!place.IsZeros)
        {
            Assert.Equal(0, place.OffsetBytes % 4096);
            await Disk.ReadAsync(place.OffsetBytes, data, default);
        }

        Assert.False(data.AsSpan().ContainsAnyExcept(data[0]));
        return data[0];
    }

    /// <summary>What a point shows of a grain: as preserved, else as in the volume.</summary>
    public async Task<int> ImageAsync(ulong layer, long grain)
    {
        int shown = await ShownAsync(layer, grain);
        return shown >= 0 ? shown : Volume.Visible[(int)(grain * GrainBytes)];
    }

    private static GrainRange[] Runs(long[] grains) => [.. grains.Select(grain => new GrainRange(grain, 1))];
}
