namespace MirrorTools.Protocols.Nbd;

/// <summary>The block sizes an export advertises (NBD_INFO_BLOCK_SIZE), in bytes.</summary>
/// <param name="MinimumBytes">Every offset and length is a multiple of this; a power of two up to 64 KiB: the logical sector, or 1.</param>
/// <param name="PreferredBytes">Requests of this size and alignment avoid read-modify-write: the physical sector or more; a power of two.</param>
/// <param name="MaximumBytes">The largest payload of one request; at most 32 MiB.</param>
public readonly record struct NbdBlockSizes(int MinimumBytes, int PreferredBytes, int MaximumBytes = NbdBlockSizes.LargestPayloadBytes)
{
    /// <summary>The largest payload of one read or write that this server takes: 32 MiB, the protocol's portable limit.</summary>
    public const int LargestPayloadBytes = 32 * 1024 * 1024;

    /// <summary>512-byte sectors, 4 KiB preferred.</summary>
    public static NbdBlockSizes Default => new(512, 4096);
}
