using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

public sealed class RecordSlotsTests
{
    private static readonly MetadataIdentity s_identity =
        MetadataIdentity.For(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), new Guid(9, 8, 7, [6, 5, 4, 3, 2, 1, 0, 255]), new GrainGeometry(1 << 20, 4096));

    [Fact]
    [Rule("P-2")]
    public async Task After_any_power_cut_the_record_is_the_acknowledged_one_or_the_one_under_way()
    {
        int olderKept = 0;
        int newerKept = 0;
        for (int seed = 0; seed < 1200; seed++)
        {
            Random random = new(seed);
            PowerSwitch power = new();
            CutDisk disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), power);
            MetadataStore store = await MetadataStore.CreateAsync(disk, s_identity, default);
            byte[] acknowledged = [];
            for (int life = 0; life < 3; life++)
            {
                byte[] underWay = acknowledged;
                power.CutAfter(random.Next(12));
                while (!power.IsOff)
                {
                    underWay = new byte[random.Next(3) == 0 ? random.Next(RecordSlots.MaximumPayloadBytes + 1) : random.Next(100)];
                    random.NextBytes(underWay);
                    Task write = store.State.WriteAsync(underWay, default);
                    acknowledged = write.IsCompletedSuccessfully ? underWay : acknowledged;
                }

                power.TurnOn();
                if (random.Next(3) > 0)
                {
                    disk.LosePower(random);
                }

                store = await MetadataStore.OpenAsync(disk, default);
                bool isNewer = store.State.Current.Span.SequenceEqual(underWay);
                Assert.True(isNewer || store.State.Current.Span.SequenceEqual(acknowledged), $"seed {seed}, life {life}");
                (olderKept, newerKept) = (olderKept + (isNewer ? 0 : 1), newerKept + (isNewer ? 1 : 0));
                acknowledged = store.State.Current.ToArray();
            }
        }

        Assert.True(olderKept > 400 && newerKept > 400, $"The seeds try too little: {olderKept}, {newerKept}");
    }

    [Fact]
    [Rule("P-2")]
    public async Task After_a_flush_that_failed_nothing_is_written_any_more()
    {
        CutDisk disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), new PowerSwitch());
        MetadataStore store = await MetadataStore.CreateAsync(disk, s_identity, default);
        await store.State.WriteAsync("one"u8.ToArray(), default);
        disk.FailFlush = true;
        await Assert.ThrowsAsync<BlockDeviceException>(() => store.State.WriteAsync("two"u8.ToArray(), default));

        int writes = disk.Writes;
        int flushes = disk.Flushes;
        BlockDeviceException refused = await Assert.ThrowsAsync<BlockDeviceException>(() => store.State.WriteAsync("three"u8.ToArray(), default));
        Assert.Equal(BlockDeviceFault.FlushFailed, refused.Fault);
        Assert.NotNull(refused.InnerException);
        await Assert.ThrowsAsync<BlockDeviceException>(() => store.FlushAsync(default).AsTask());
        GrainMap map = new(s_identity.Geometry.GrainCount, initialValue: false);
        await Assert.ThrowsAsync<BlockDeviceException>(() => store.SourceMaps.WritePagesAsync([0], [map], 1, default));
        Assert.Equal((writes, flushes), (disk.Writes, disk.Flushes));
        Assert.Equal("one"u8.ToArray(), store.State.Current.ToArray());
    }

    [Fact]
    public async Task A_write_that_failed_leaves_the_record_and_may_be_tried_again()
    {
        CutDisk disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), new PowerSwitch());
        MetadataStore store = await MetadataStore.CreateAsync(disk, s_identity, default);
        await store.State.WriteAsync("one"u8.ToArray(), default);
        disk.WriteFault = BlockDeviceFault.Full;
        await Assert.ThrowsAsync<BlockDeviceException>(() => store.State.WriteAsync("two"u8.ToArray(), default));
        Assert.Equal("one"u8.ToArray(), store.State.Current.ToArray());

        disk.WriteFault = null;
        await store.State.WriteAsync("three"u8.ToArray(), default);
        Assert.Equal("three"u8.ToArray(), (await MetadataStore.OpenAsync(disk, default)).State.Current.ToArray());
    }

    [Fact]
    public async Task One_decayed_slot_leaves_the_other_and_two_are_reported()
    {
        CutDisk disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), new PowerSwitch());
        MetadataStore store = await MetadataStore.CreateAsync(disk, s_identity, default);
        await store.State.WriteAsync("one"u8.ToArray(), default);
        await store.State.WriteAsync("two"u8.ToArray(), default);
        disk.Spoil((192 * 1024) + 64);
        Assert.Equal("one"u8.ToArray(), (await MetadataStore.OpenAsync(disk, default)).State.Current.ToArray());

        disk.Spoil((128 * 1024) + 4000);
        MetadataCorruptException corrupt = await Assert.ThrowsAsync<MetadataCorruptException>(() => MetadataStore.OpenAsync(disk, default));
        Assert.Equal("state record", corrupt.Part);
    }

    [Fact]
    public async Task A_payload_too_large_is_refused_before_anything_is_written()
    {
        CutDisk disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), new PowerSwitch());
        MetadataStore store = await MetadataStore.CreateAsync(disk, s_identity, default);
        int writes = disk.Writes;
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.State.WriteAsync(new byte[RecordSlots.MaximumPayloadBytes + 1], default));
        Assert.Equal(writes, disk.Writes);
    }
}
