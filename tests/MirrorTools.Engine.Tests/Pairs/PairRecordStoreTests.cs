using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Tests.Journal;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Pairs;

/// <summary>Several flows change a side's record: none takes anything from another.</summary>
public sealed class PairRecordStoreTests
{
    private readonly CutDisk _disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), new PowerSwitch());
    private readonly HeldDisk _held;

    private static readonly MetadataIdentity s_identity = MetadataIdentity.For(new Guid(1, 2, 3, new byte[8]), new Guid(5, 6, 7, new byte[8]), new GrainGeometry(1 << 20, 4096));

    public PairRecordStoreTests() => _held = new HeldDisk(_disk);

    // Each made its record of what it had read before it waited for the disk, so the second one wrote the first one's members as they had been.
    [Fact]
    [Rule("F-9")]
    [Rule("P-2")]
    public async Task Changes_that_begin_at_once_are_all_in_the_record()
    {
        PairRecordStore records = await CreateAsync();
        _held.Holds = true;
        Task reserving = records.ChangeAsync(now => now with { PointReserve = 1024 });
        Task lending = records.ChangeAsync(now => now with { FirstIntermediateLent = true });
        Task counting = records.ChangeAsync(now => now with { PointReserve = now.PointReserve + 1 });
        Assert.Equal(1UL, records.Current.PointReserve);
        await _held.PassUntilAsync(Task.WhenAll(reserving, lending, counting));

        foreach (PairRecord record in (PairRecord[])[records.Current, await ReopenAsync()])
        {
            Assert.Equal((1025UL, true), (record.PointReserve, record.FirstIntermediateLent));
        }
    }

    [Fact]
    [Rule("P-2")]
    public async Task A_change_that_could_not_be_written_is_in_no_later_one()
    {
        PairRecordStore records = await CreateAsync();
        _held.Holds = true;
        Task failing = records.ChangeAsync(now => now with { PointReserve = 1024 });
        Task waiting = records.ChangeAsync(now => now with { FirstIntermediateLent = true });
        _disk.WriteFault = BlockDeviceFault.Full;
        _held.Release();
        await Assert.ThrowsAsync<BlockDeviceException>(() => failing);
        _disk.WriteFault = null;
        await _held.PassUntilAsync(waiting);

        foreach (PairRecord record in (PairRecord[])[records.Current, await ReopenAsync()])
        {
            Assert.Equal((1UL, true), (record.PointReserve, record.FirstIntermediateLent));
        }
    }

    private async Task<PairRecordStore> CreateAsync()
    {
        MetadataStore store = await MetadataStore.CreateAsync(_held, s_identity, default);
        return new PairRecordStore(store.State, new PairRecord { Role = PairRole.Source, Generations = new GenerationHistory([new Generation(Guid.Empty, default, Guid.Empty)]) });
    }

    private async Task<PairRecord> ReopenAsync()
    {
        MetadataStore store = await MetadataStore.OpenAsync(_disk, default);
        Assert.True(PairRecordCodec.TryDecode(store.State.Current.Span, out PairRecord? record));
        return record!;
    }
}
