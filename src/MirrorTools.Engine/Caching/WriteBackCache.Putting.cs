using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Caching;

/// <content>Putting content in, and the room for it.</content>
public sealed partial class WriteBackCache
{
    // How many pages that were read may be passed over in the search for one to evict.
    private const int SecondChances = 32;

    private bool TryPut(long offsetBytes, int lengthBytes, ReadOnlySpan<byte> data, bool mayUnmap)
    {
        if (_isHalted || !HasRoom(offsetBytes, lengthBytes, out bool allThere))
        {
            return false;
        }

        // Pages that are there first: from then on they are dirty, and not evicted for the others.
        long now = _time.GetTimestamp();
        PutPages(offsetBytes, lengthBytes, data, mayUnmap, now, isNew: false);
        if (!allThere)
        {
            PutPages(offsetBytes, lengthBytes, data, mayUnmap, now, isNew: true);
        }

        if (_unhardenedPages > _targetPages)
        {
            FillChanged?.Invoke();
        }

        WakeIfDue(now);
        return true;
    }

    private bool HasRoom(long offsetBytes, int lengthBytes, out bool allThere)
    {
        int missing = 0;
        int clean = 0;
        for (long page = offsetBytes / PageTable.PageBytes; page * PageTable.PageBytes < offsetBytes + lengthBytes; page++)
        {
            int slot = _pages.Find(page);
            missing += slot < 0 ? 1 : 0;
            clean += slot >= 0 && !_pages[slot].IsUnhardened ? 1 : 0;
        }

        allThere = missing == 0;
        return missing <= _pages.Capacity - _pages.Count + _clean.Count - clean;
    }

    private void PutPages(long offsetBytes, int lengthBytes, ReadOnlySpan<byte> data, bool mayUnmap, long now, bool isNew)
    {
        for (int at = 0; at < lengthBytes;)
        {
            long number = (offsetBytes + at) / PageTable.PageBytes;
            int inPage = (int)((offsetBytes + at) % PageTable.PageBytes);
            int count = Math.Min(PageTable.PageBytes - inPage, lengthBytes - at);
            int slot = _pages.Find(number);
            if (slot >= 0 && !isNew)
            {
                Put(slot, inPage, count, data.IsEmpty ? data : data.Slice(at, count), mayUnmap, now);
            }
            else if (slot < 0 && isNew)
            {
                MakeRoom();
                slot = _pages.Add(number);
                _clean.Append(_pages, slot);
                Put(slot, inPage, count, data.IsEmpty ? data : data.Slice(at, count), mayUnmap, now);
            }

            at += count;
        }

        Volatile.Write(ref _heldPages, _pages.Count);
    }

    /// <summary>Puts data, or zeros where it is empty, into sectors of one page.</summary>
    private void Put(int slot, int inPage, int lengthBytes, ReadOnlySpan<byte> data, bool mayUnmap, long now)
    {
        ref CachedPage page = ref _pages[slot];
        long grain = _geometry.GrainAt(page.Page * PageTable.PageBytes);
        int node = _dirty.FindOrAdd(grain);
        if (!page.IsUnhardened)
        {
            Unhardened.Set(grain);
            _clean.Remove(_pages, slot);
            _dirty[node].Pages.Append(_pages, slot);
            Volatile.Write(ref _unhardenedPages, _unhardenedPages + 1);
        }

        byte sectors = SectorMask.Of(inPage / BlockGeometry.SectorBytes, (inPage + lengthBytes) / BlockGeometry.SectorBytes);
        if (data.IsEmpty)
        {
            page.KeepsAllocated = !mayUnmap || (page.KeepsAllocated && (page.Dirty & page.Zero & ~sectors) != 0);
        }

        int turnedDirty = page.Dirty == 0 ? 1 : 0;
        page.Dirty |= sectors;
        lock (_pages.StripeOf(page.Page).Gate)
        {
            if (data.IsEmpty)
            {
                page.Zero |= sectors;
            }
            else
            {
                data.CopyTo(_pages.Content(slot)[inPage..]);
                page.Zero &= (byte)~sectors;
            }

            page.Valid |= sectors;
        }

        _dirty.Written(node, turnedDirty, now);
    }

    /// <summary>Evicts a clean page where no slot is free.</summary>
    private void MakeRoom()
    {
        if (_pages.Count < _pages.Capacity)
        {
            return;
        }

        int slot = _clean.First;
        for (int chance = 0; chance < SecondChances && _pages[slot].WasRead; chance++)
        {
            _pages[slot].WasRead = false;
            _clean.Remove(_pages, slot);
            _clean.Append(_pages, slot);
            slot = _clean.First;
        }

        _clean.Remove(_pages, slot);
        _pages.Remove(slot);
    }

    private void ReleaseRoom()
    {
        if (!_isHalted)
        {
            _room.Release((int)(_pages.Capacity - _unhardenedPages));
        }
    }
}
