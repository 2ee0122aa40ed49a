using System.Runtime.CompilerServices;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>
/// The maps of a primary [112]: out of sync [210/340], sent, and while an increment is under way change recording [220/410]. Hosts' writes mark them from any thread; everything else happens
/// on the pair's scheduler.
/// </summary>
internal sealed class AsyncMaps
{
    private bool _hasChanged = true;
    private ChangedParts _spare;
    private ChangedParts? _frozen;

    public AsyncMaps(GrainGeometry geometry, bool isAllOutOfSync)
    {
        Geometry = geometry;
        OutOfSync = new GrainMap(geometry.GrainCount, isAllOutOfSync);
        Sent = new GrainMap(geometry.GrainCount, false);
        Kept = new GrainMap(geometry.GrainCount, false);
        Whole = new GrainMap(geometry.GrainCount, isAllOutOfSync);
        Parts = new ChangedParts(geometry);
        _spare = new ChangedParts(geometry);
        Behind = new DirtyPages(OutOfSync.PageCount);
    }

    public GrainGeometry Geometry { get; }

    /// <summary>1: written, and not on its way to the other site. Frozen while an increment is under way .</summary>
    public GrainMap OutOfSync { get; }

    /// <summary>1: taken by the drain, and not durable at the other site yet .</summary>
    public GrainMap Sent { get; }

    /// <summary>1: the grain's image as of the increment's point is kept aside, so that writes go on .</summary>
    public GrainMap Kept { get; }

    /// <summary>1: out of sync for another reason than writes, so that all of the grain is to be sent.</summary>
    public GrainMap Whole { get; }

    /// <summary>What writes have changed of each grain; while an increment is under way, what those after its point have.</summary>
    public ChangedParts Parts
    {
        get => Volatile.Read(ref field);
        private set => Volatile.Write(ref field, value);
    }

    /// <summary>What is written after the point of the increment under way; null while there is none.</summary>
    public GrainMap? ChangeRecording
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Pages whose durable copy is behind.</summary>
    public DirtyPages Behind { get; }

    /// <summary>True where a write was marked since the last point was taken.</summary>
    public bool HasChanged
    {
        get => Volatile.Read(ref _hasChanged);
        set => Volatile.Write(ref _hasChanged, value);
    }

    /// <summary>True where a write has to wait, since the increment's image of the grain is nowhere else yet .</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Collides(long grain) => OutOfSync[grain] && !Kept[grain];

    /// <summary>What is written after the point of the increment under way, by itself; nothing while there is none.</summary>
    public GrainMap CopyOfRecording()
    {
        GrainMap copy = new(Geometry.GrainCount, false);
        if (ChangeRecording is { } recording)
        {
            GrainMap.Or(copy, recording);
        }

        return copy;
    }

    /// <summary>Records that a write after the point is about to change a grain. Before the look at <see cref="Collides"/>: whoever puts a grain back into the increment looks the other way round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(GrainMap recording, long grain)
    {
        if (!recording[grain] && recording.Set(grain))
        {
            Note(grain);
        }
    }

    /// <summary>Records that a write has changed a grain; true where it was in sync or on its way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Mark(long grain)
    {
        if (OutOfSync[grain] || !OutOfSync.Set(grain))
        {
            return false;
        }

        Note(grain);
        return true;
    }

    /// <summary>Grains that the other site may lack, for whatever reason.</summary>
    public void Unsync(GrainRange range)
    {
        Whole.SetRange(range);
        OutOfSync.SetRange(range);
        Touched(range);
    }

    /// <summary>With the gate closed: what writes have changed so far belongs to the increment, and what they change from now on does not.</summary>
    public void Freeze()
    {
        _frozen = Parts;
        Parts = _spare;
    }

    /// <summary>The increment is over: what is left of it counts together with what was changed since.</summary>
    public void Unfreeze()
    {
        if (_frozen is not { } frozen)
        {
            return;
        }

        // All of it was taken but for what is out of sync still.
        frozen.MoveTo(Parts, OutOfSync);
        _spare = frozen;
        _frozen = null;
    }

    /// <summary>The drain takes grains: from here on they are on their way.</summary>
    /// <param name="range">The grains.</param>
    /// <param name="skipBytes">Of a single grain: where the part begins that was written.</param>
    /// <param name="partBytes">How long that is; 0 where whole grains are to be sent.</param>
    public void Take(GrainRange range, out int skipBytes, out int partBytes)
    {
        (skipBytes, partBytes) = (0, 0);
        Sent.SetRange(range);
        bool isWhole = range.Count > 1 || Whole[range.First];
        if (ChangeRecording is null)
        {
            // Frozen during an increment: the mark is cleared there once the grain was read.
            OutOfSync.ClearRange(range);
        }

        Whole.ClearRange(range);
        ChangedParts parts = _frozen ?? Parts;
        if (isWhole)
        {
            parts.Forget(range);
        }
        else if (parts.TryFind(range.First, takes: true, out int skip, out int length))
        {
            (skipBytes, partBytes) = (skip, length);
        }
    }

    /// <summary>What the other site lacks of a grain that is out of sync.</summary>
    /// <returns>False where that is the whole grain, or seems to be.</returns>
    public bool TryFindPart(long grain, out int skipBytes, out int lengthBytes)
    {
        (skipBytes, lengthBytes) = (0, 0);
        return !Whole[grain] && (_frozen ?? Parts).TryFind(grain, takes: false, out skipBytes, out lengthBytes);
    }

    /// <summary>What was on its way is out of sync again, as a whole.</summary>
    public void PutBackSent()
    {
        GrainMap.Or(Whole, Sent);
        GrainMap.Or(OutOfSync, Sent);
    }

    /// <summary>True where the grain seems to be one to be sent as a whole.</summary>
    public bool IsWhole(long grain) => !TryFindPart(grain, out _, out _);

    /// <summary>The pages of a range have changed.</summary>
    public void Touched(GrainRange range) =>
        Behind.MarkRange(GrainMap.PageOf(range.First), GrainMap.PageOf(range.End - 1) - GrainMap.PageOf(range.First) + 1);

    /// <summary>What the pages hold now: out of sync, sent and recorded are one after a restart .</summary>
    /// <param name="pages">The pages, ascending.</param>
    public MapPageSnapshot OfPages(IReadOnlyCollection<int> pages)
    {
        MapPageSnapshot snapshot = new([.. pages], 1);
        Span<ulong> more = stackalloc ulong[GrainMap.WordsPerPage];
        for (int index = 0; index < snapshot.Pages.Count; index++)
        {
            Span<ulong> words = snapshot.WordsAt(index, 0);
            words.Clear();
            foreach (GrainMap? map in (ReadOnlySpan<GrainMap?>)[ChangeRecording, Sent, OutOfSync])
            {
                if (map is not null)
                {
                    map.ReadPage(snapshot.Pages[index], more);
                    for (int word = 0; word < words.Length; word++)
                    {
                        words[word] |= more[word];
                    }
                }
            }
        }

        return snapshot;
    }

    /// <summary>Grains that are out of sync or on their way.</summary>
    public GrainMap Unsynced()
    {
        GrainMap unsynced = new(Geometry.GrainCount, false);
        GrainMap.Or(unsynced, OutOfSync);
        GrainMap.Or(unsynced, Sent);
        return unsynced;
    }

    /// <summary>Everything that the other site may lack.</summary>
    public GrainMap Union()
    {
        GrainMap union = Unsynced();
        if (ChangeRecording is { } recording)
        {
            GrainMap.Or(union, recording);
        }

        return union;
    }

    private void Note(long grain)
    {
        Behind.Mark(GrainMap.PageOf(grain));
        if (!HasChanged)
        {
            HasChanged = true;
        }
    }
}
