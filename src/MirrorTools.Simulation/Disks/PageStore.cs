namespace MirrorTools.Simulation.Disks;

/// <summary>Sparse content in memory, 4 KiB a page; what was never written reads as zeros.</summary>
internal sealed class PageStore
{
    public const int PageBytes = 4096;

    private readonly Dictionary<long, byte[]> _pages = [];

    public long AllocatedBytes => (long)_pages.Count * PageBytes;

    public bool IsAllocated(long offsetBytes) => _pages.ContainsKey(offsetBytes / PageBytes);

    public void Read(long offsetBytes, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var (page, inPage, count) = Locate(offsetBytes, buffer.Length);
            if (_pages.TryGetValue(page, out var bytes))
            {
                bytes.AsSpan(inPage, count).CopyTo(buffer);
            }
            else
            {
                buffer[..count].Clear();
            }

            offsetBytes += count;
            buffer = buffer[count..];
        }
    }

    public void Write(long offsetBytes, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var (page, inPage, count) = Locate(offsetBytes, data.Length);
            if (!_pages.TryGetValue(page, out var bytes))
            {
                _pages[page] = bytes = new byte[PageBytes];
            }

            data[..count].CopyTo(bytes.AsSpan(inPage));
            offsetBytes += count;
            data = data[count..];
        }
    }

    /// <summary>Zeros a range; whole pages are given back where <paramref name="unmap"/>, and take their space otherwise.</summary>
    public void Clear(long offsetBytes, long lengthBytes, bool unmap)
    {
        while (lengthBytes > 0)
        {
            var (page, inPage, count) = Locate(offsetBytes, lengthBytes);
            if (count == PageBytes && unmap)
            {
                _pages.Remove(page);
            }
            else if (_pages.TryGetValue(page, out var bytes))
            {
                bytes.AsSpan(inPage, count).Clear();
            }
            else if (!unmap)
            {
                _pages.Add(page, new byte[PageBytes]);
            }

            offsetBytes += count;
            lengthBytes -= count;
        }
    }

    /// <summary>How many more pages a write of the range would allocate.</summary>
    public int CountMissingPages(long offsetBytes, long lengthBytes)
    {
        var missing = 0;
        for (var page = offsetBytes / PageBytes; page * PageBytes < offsetBytes + lengthBytes; page++)
        {
            missing += _pages.ContainsKey(page) ? 0 : 1;
        }

        return missing;
    }

    private static (long Page, int InPage, int Count) Locate(long offsetBytes, long lengthBytes)
    {
        var inPage = (int)(offsetBytes % PageBytes);
        return (offsetBytes / PageBytes, inPage, (int)Math.Min(lengthBytes, PageBytes - inPage));
    }
}
