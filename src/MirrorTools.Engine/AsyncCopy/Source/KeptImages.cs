namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>
/// Grains as they were at the increment's point, or what the other site lacks of them, kept in memory since hosts have overwritten them (A-5, figures 7A and 7B). Bounded; on the pair's
/// scheduler.
/// </summary>
internal sealed class KeptImages
{
    private readonly Dictionary<long, KeptImage> _images = [];
    private long _reservedBytes;

    /// <summary>Takes room for an image.</summary>
    /// <returns>False where there is none.</returns>
    public bool TryReserve(long lengthBytes, long capacityBytes)
    {
        if (_reservedBytes + lengthBytes > capacityBytes)
        {
            return false;
        }

        _reservedBytes += lengthBytes;
        return true;
    }

    /// <summary>Gives room back that nothing was put into.</summary>
    public void Unreserve(long lengthBytes) => _reservedBytes -= lengthBytes;

    /// <summary>Keeps an image of a grain in the room reserved for it.</summary>
    public void Add(long grain, KeptImage image) => _images.Add(grain, image);

    /// <summary>The grain's image; null where none is kept.</summary>
    public KeptImage? Find(long grain) => _images.GetValueOrDefault(grain);

    /// <summary>The grain was handed to the link, or is not needed any more.</summary>
    public void Drop(long grain)
    {
        if (_images.Remove(grain, out KeptImage? image))
        {
            _reservedBytes -= image.Content.Length;
        }
    }

    /// <summary>The increment is over. Room that is reserved stays so until it is given back.</summary>
    public void Clear()
    {
        foreach (KeptImage image in _images.Values)
        {
            _reservedBytes -= image.Content.Length;
        }

        _images.Clear();
    }
}
