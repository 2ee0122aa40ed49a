using MirrorTools.Protocols.Nbd.Client;

namespace MirrorTools.Agent.Demo;

/// <summary>Compares a recovered image with what the log allows for its point, sector by sector, and keeps a copy of it for the file system's checker.</summary>
internal static class ImageOracle
{
    private const int PieceBytes = 1 << 20;
    private const int SectorBytes = 512;

    /// <summary>Reads the whole image over NBD and judges every sector.</summary>
    /// <param name="client">The recovered volume.</param>
    /// <param name="originalPath">An image whose sectors outside the writer's blocks were never written.</param>
    /// <param name="copyPath">Where the recovered image goes.</param>
    /// <param name="writer">Where the writer's blocks are.</param>
    /// <param name="initial">The writer's blocks as they were before the first write.</param>
    /// <param name="log">What the writer did.</param>
    /// <param name="takenAt">The recovered point's t1.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    public static async Task<Verdict> JudgeAsync(
        NbdClient client, string originalPath, string copyPath, HostWriter writer, Dictionary<long, byte[]> initial, WriteLog log, DateTimeOffset takenAt,
        CancellationToken cancellationToken)
    {
        Dictionary<long, int> blocks = initial.Keys.ToDictionary(offset => offset, _ => -1);
        for (int block = 0; block < initial.Count; block++)
        {
            blocks[writer.OffsetOf(block)] = block;
        }

        using FileStream original = File.OpenRead(originalPath);
        using FileStream copy = File.Create(copyPath);
        copy.SetLength(client.LengthBytes);
        byte[] piece = new byte[PieceBytes];
        byte[] expected = new byte[PieceBytes];
        long wrong = 0;
        string? first = null;
        for (long offset = 0; offset < client.LengthBytes; offset += PieceBytes)
        {
            int length = (int)Math.Min(PieceBytes, client.LengthBytes - offset);
            await client.ReadAsync(offset, piece.AsMemory(0, length), cancellationToken);
            original.Position = offset;
            original.ReadExactly(expected, 0, length);
            for (int at = 0; at < length; at += WriteLog.BlockBytes)
            {
                int size = Math.Min(WriteLog.BlockBytes, length - at);
                ReadOnlySpan<byte> actual = piece.AsSpan(at, size);
                bool isRight = blocks.TryGetValue(offset + at, out int block)
                    ? IsAllowed(actual, block, initial[offset + at], log, takenAt)
                    : actual.SequenceEqual(expected.AsSpan(at, size));
                if (!isRight)
                {
                    wrong += size / SectorBytes;
                    first ??= $"offset {offset + at}";
                }
            }

            if (piece.AsSpan(0, length).ContainsAnyExcept((byte)0))
            {
                copy.Position = offset;
                copy.Write(piece, 0, length);
            }
        }

        return new Verdict(client.LengthBytes / SectorBytes, wrong, first);
    }

    private static bool IsAllowed(ReadOnlySpan<byte> actual, int block, byte[] initial, WriteLog log, DateTimeOffset takenAt)
    {
        Span<byte> content = stackalloc byte[WriteLog.BlockBytes];
        foreach (long sequence in log.Allowed(block, takenAt))
        {
            if (sequence == 0)
            {
                initial.CopyTo(content);
            }
            else
            {
                WriteLog.Fill(content, block, sequence);
            }

            if (actual.SequenceEqual(content))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What the oracle found.</summary>
/// <param name="Sectors">How many sectors were compared.</param>
/// <param name="WrongSectors">How many differ from everything that was allowed.</param>
/// <param name="First">Where the first one is.</param>
internal sealed record Verdict(long Sectors, long WrongSectors, string? First);
