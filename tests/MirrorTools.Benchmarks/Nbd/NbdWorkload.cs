namespace MirrorTools.Benchmarks.Nbd;

/// <summary>What a host does.</summary>
/// <param name="Pattern">fio's name of it.</param>
/// <param name="BlockBytes">The size of a request.</param>
/// <param name="Depth">Requests in flight.</param>
internal sealed record NbdWorkload(string Pattern, int BlockBytes, int Depth)
{
    public static IReadOnlyList<NbdWorkload> All { get; } =
    [
        new("randwrite", 4096, 1),
        new("randwrite", 4096, 32),
        new("randread", 4096, 32),
        new("randwrite", 65536, 16),
        new("write", 1 << 20, 8),
        new("read", 1 << 20, 8),
    ];

    public override string ToString() => $"{Pattern} {BlockBytes / 1024}k qd{Depth}";
}
