using MirrorTools.Engine.AsyncCopy.Preserving;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

/// <summary>What a preserved area must show, kept by the rule of docs/formats/preserved-area.md alone: entries with labels, and the layers that are kept.</summary>
internal sealed class AreaModel(AreaBed bed)
{
    private readonly HashSet<(ulong Label, long Grain)> _entries = [];
    private readonly HashSet<(ulong Label, long Grain)> _uncertain = [];
    private readonly Dictionary<ulong, byte[]> _images = [];
    private bool _maybeCleared;

    public List<ulong> Kept { get; private set; } = [];

    public ulong Newest => Kept[^1];

    public void Begin(ulong label)
    {
        Kept.Add(label);
        _images[label] = Volume();
    }

    public void Keep(List<ulong> layers)
    {
        Kept = layers;
        DropUnneeded();
    }

    /// <summary>The grains of some that the newest layer lacks.</summary>
    public List<long> Lacking(IEnumerable<long> grains) => [.. grains.Where(grain => !_entries.Contains((Newest, grain)))];

    public void Preserved(List<long> lacking)
    {
        if (lacking.Count > 0)
        {
            _entries.UnionWith(lacking.Select(grain => (Newest, grain)));
            Settled();
        }
    }

    public void Removed(IEnumerable<long> grains)
    {
        _entries.ExceptWith(grains.Select(grain => (Newest, grain)));
        Settled();
    }

    public void Uncertain(IEnumerable<long> grains) => _uncertain.UnionWith(grains.Select(grain => (Newest, grain)));

    public void MaybeCleared() => _maybeCleared = true;

    public void Cleared()
    {
        _entries.Clear();
        Kept.Clear();
        Settled();
    }

    /// <summary>What a point showed of a grain when it was committed.</summary>
    public byte Image(ulong label, long grain) => _images[label][grain];

    /// <summary>A recovery write to the only point that is kept.</summary>
    public void Recovered(long grain, byte stamp) => _images[Newest][grain] = stamp;

    /// <summary>The area was opened anew: finds out what became of that which had not returned.</summary>
    public void Resolve()
    {
        if (_maybeCleared && bed.Area.FreeSlots == bed.Area.SlotCount)
        {
            _entries.Clear();
            _uncertain.Clear();
            Kept.ForEach(label => _images[label] = Volume());
        }

        foreach ((ulong label, long grain) in _uncertain)
        {
            _entries.Remove((label, grain));
            int owner = OwnerOf(label);
            if (owner >= 0 && IsHeldBy(owner, grain))
            {
                _entries.Add((label, grain));
            }
        }

        Settled();
        DropUnneeded();
    }

    /// <summary>Every point shows what it showed at its commit, and every grain is where it should be.</summary>
    public async Task CheckAsync(bool isFresh, string because)
    {
        Assert.Equal(Kept, bed.Area.Layers);
        Assert.True(bed.Area.FreeSlots <= bed.Area.SlotCount - _entries.Count, because);
        Assert.True(!isFresh || bed.Area.FreeSlots == bed.Area.SlotCount - _entries.Count, because);
        for (int layer = 0; layer < Kept.Count; layer++)
        {
            for (long grain = 0; grain < bed.Geometry.GrainCount; grain++)
            {
                bool isHeld = _entries.Any(entry => OwnerOf(entry.Label) == layer && entry.Grain == grain);
                Assert.True(isHeld == IsHeldBy(layer, grain), $"{because}: layer {Kept[layer]}, grain {grain}, should be held: {isHeld}");
                Assert.True(layer < Kept.Count - 1 || isHeld == bed.Area.Newest[grain], because);
                int image = await bed.ImageAsync(Kept[layer], grain);
                Assert.True(Image(Kept[layer], grain) == image, $"{because}: point {Kept[layer]}, grain {grain}: {image}, not {Image(Kept[layer], grain)}");
            }
        }
    }

    private byte[] Volume()
    {
        byte[] stamps = new byte[bed.Geometry.GrainCount];
        for (int grain = 0; grain < stamps.Length; grain++)
        {
            stamps[grain] = bed.Volume.Visible[grain * AreaBed.GrainBytes];
        }

        return stamps;
    }

    private void Settled()
    {
        _uncertain.Clear();
        _maybeCleared = false;
    }

    private int OwnerOf(ulong label) => Kept.FindLastIndex(kept => kept <= label);

    private void DropUnneeded() => _entries.RemoveWhere(entry => OwnerOf(entry.Label) < 0
        || _entries.Any(other => other.Grain == entry.Grain && other.Label < entry.Label && OwnerOf(other.Label) == OwnerOf(entry.Label)));

    private bool IsHeldBy(int layer, long grain) =>
        bed.Area.TryFind(Kept[layer], grain, out PreservedPlace place)
        && (layer == Kept.Count - 1 || !bed.Area.TryFind(Kept[layer + 1], grain, out PreservedPlace newer) || newer != place);
}
