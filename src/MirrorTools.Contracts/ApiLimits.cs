namespace MirrorTools.Contracts;

/// <summary>The bounds of the control API; both ends hold them.</summary>
public static class ApiLimits
{
    /// <summary>The largest JSON request in bytes.</summary>
    public const int MaxRequestJsonBytes = 1 << 20;

    /// <summary>The largest JSON answer in bytes.</summary>
    public const int MaxResponseJsonBytes = 16 << 20;

    /// <summary>The most bytes of a volume that one request reads or writes.</summary>
    public const int MaxVolumeDataBytes = 4 << 20;

    /// <summary>The most grains in a page of a bitmap (1 MiB of bits before base64).</summary>
    public const int MaxBitmapPageGrains = 8 << 20;

    /// <summary>The most runs in a page of ranges.</summary>
    public const int MaxRangePageItems = 65_536;

    /// <summary>The most events in a page.</summary>
    public const int MaxEventPageItems = 1_000;

    /// <summary>A server-sent stream has a comment at least this often.</summary>
    public const int KeepAliveMs = 15_000;

    /// <summary>The longest line of a server-sent stream in bytes.</summary>
    public const int MaxStreamLineBytes = 1 << 20;
}
