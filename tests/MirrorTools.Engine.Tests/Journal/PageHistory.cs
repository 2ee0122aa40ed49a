using MirrorTools.Engine.Maps;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

/// <summary>What was ever written to each page, and from which write on a loaded page is legal.</summary>
internal sealed class PageHistory
{
    private readonly Dictionary<int, List<(ulong Epoch, ulong[][] Words)>> _writes = [];
    private readonly Dictionary<int, ulong> _flushed = [];
    private readonly HashSet<int> _spoilt = [];

    public bool WasFlushed(int page) => _flushed.ContainsKey(page);

    public void Wrote(int page, ulong epoch, GrainMap[] maps)
    {
        if (!_writes.TryGetValue(page, out List<(ulong, ulong[][])>? writes))
        {
            _writes.Add(page, writes = []);
        }

        writes.Add((epoch, Words(page, maps)));
    }

    /// <summary>Writes of pages ended. Where one failed, no later flush makes the page's unflushed writes durable, until a write works.</summary>
    public void Ended(int[] pages, bool failed)
    {
        foreach (int page in pages)
        {
            _ = failed ? _spoilt.Add(page) : _spoilt.Remove(page);
        }
    }

    /// <summary>A flush was acknowledged.</summary>
    public void Flushed()
    {
        foreach ((int page, List<(ulong Epoch, ulong[][] Words)> writes) in _writes)
        {
            if (!_spoilt.Contains(page))
            {
                _flushed[page] = writes[^1].Epoch;
            }
        }
    }

    /// <summary>Checks every page; what was loaded is the only history from here on. Returns how many pages were newer than their last flush.</summary>
    public int AssertLegal(Dictionary<int, ulong> loaded, GrainMap[] maps, string because)
    {
        int newer = 0;
        foreach ((int page, List<(ulong Epoch, ulong[][] Words)> writes) in _writes)
        {
            bool wasFlushed = _flushed.TryGetValue(page, out ulong flushed);
            if (!loaded.TryGetValue(page, out ulong epoch))
            {
                Assert.False(wasFlushed, $"{because}: page {page} was flushed and is gone");
                writes.Clear();
                continue;
            }

            Assert.True(!wasFlushed || epoch >= flushed, $"{because}: page {page} has epoch {epoch}, {flushed} was flushed");
            (ulong Epoch, ulong[][] Words) write = writes.Single(entry => entry.Epoch == epoch);
            Assert.True(Words(page, maps).Zip(write.Words).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)), $"{because}: page {page}");
            newer += !wasFlushed || epoch > flushed ? 1 : 0;
            writes.RemoveAll(entry => entry.Epoch != epoch);

            // Loading flushed what it read.
            _flushed[page] = epoch;
        }

        foreach (int page in _writes.Where(entry => entry.Value.Count == 0).Select(entry => entry.Key).ToArray())
        {
            _writes.Remove(page);
        }

        _spoilt.Clear();
        return newer;
    }

    private static ulong[][] Words(int page, GrainMap[] maps) => [.. maps.Select(map =>
    {
        ulong[] words = new ulong[GrainMap.WordsPerPage];
        map.ReadPage(page, words);
        return words;
    })];
}
