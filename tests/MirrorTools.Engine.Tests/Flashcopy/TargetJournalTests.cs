using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Tests.Journal;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Map pages of site 2 that several flows have in hand.</summary>
public sealed class TargetJournalTests
{
    private const int Page = 1;

    private static readonly MetadataIdentity s_identity =
        MetadataIdentity.For(new Guid(1, 2, 3, new byte[8]), new Guid(5, 6, 7, new byte[8]), new GrainGeometry(3L * GrainMap.GrainsPerPage * 4096, 4096));

    private readonly CutDisk _disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), new PowerSwitch());
    private readonly TargetMaps _maps = new(s_identity.Geometry);

    // The page was not behind while the other flow had it, so the commit that waited for that flow chose without it, and its record spoke of a page that was never written.
    [Fact]
    [Rule("F-9")]
    [Rule("F-18")]
    public async Task A_page_whose_writing_fails_is_written_by_whoever_waits_to_write_all()
    {
        HeldDisk held = new(_disk);
        MetadataStore store = await MetadataStore.CreateAsync(held, s_identity, default);
        TargetJournal journal = new(store, _maps, epoch: 1);
        GrainRange changed = new((Page * GrainMap.GrainsPerPage) + 5, 3);
        _maps.Copied.ClearRange(changed);
        _maps.Touched(changed);

        held.Holds = true;
        Task cooling = journal.PersistAsync([Page]);
        Task commit = journal.PersistAllAsync();
        _disk.WriteFault = BlockDeviceFault.MediumError;
        held.Release();
        await Assert.ThrowsAsync<BlockDeviceException>(() => cooling);
        _disk.WriteFault = null;
        await held.PassUntilAsync(commit);

        Assert.True(_maps.Behind.IsEmpty);
        GrainMap copied = await ReloadAsync();
        Assert.Equal([changed.First, changed.First + 1, changed.First + 2], Enumerable.Range(0, (int)copied.GrainCount).Select(grain => (long)grain).Where(grain => !copied[grain]));
    }

    [Fact]
    [Rule("F-18")]
    public async Task Pages_that_could_not_be_written_are_behind_again()
    {
        MetadataStore store = await MetadataStore.CreateAsync(_disk, s_identity, default);
        TargetJournal journal = new(store, _maps, epoch: 1);
        _maps.Touched(new GrainRange(0, 1));
        _maps.Touched(new GrainRange(2 * GrainMap.GrainsPerPage, 1));
        _disk.WriteFault = BlockDeviceFault.MediumError;
        await Assert.ThrowsAsync<BlockDeviceException>(journal.PersistAllAsync);
        Assert.Equal([0, 2], _maps.Behind.Take());
        Assert.Equal(1, journal.Failures);
    }

    private async Task<GrainMap> ReloadAsync()
    {
        MetadataStore store = await MetadataStore.OpenAsync(_disk, default);
        TargetMaps loaded = new(s_identity.Geometry);
        await store.TargetMaps.LoadAsync(loaded.Stored, null, default);
        return loaded.Copied;
    }
}
