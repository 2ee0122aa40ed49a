namespace MirrorTools.Engine.Link;

/// <summary>Counts what one channel's messages put on the link. Counted by the sender, read by anybody.</summary>
internal sealed class WireCount
{
    private long _bytes;

    /// <summary>Frame headers, heads and data, as they left.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>A frame leaves.</summary>
    public void Add(int lengthBytes) => Interlocked.Add(ref _bytes, lengthBytes);
}
