using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>An export in memory whose behaviour a test sets.</summary>
internal sealed class MemoryExport(string name, int lengthBytes) : INbdExport
{
    private readonly Lock _gate = new();

    public byte[] Bytes { get; } = new byte[lengthBytes];

    public string Name => name;

    public string Description { get; init; } = "in memory";

    public long LengthBytes => Bytes.Length;

    public NbdBlockSizes BlockSizes { get; init; } = NbdBlockSizes.Default;

    public NbdExportFeatures Features { get; init; } = NbdExportFeatures.Flush | NbdExportFeatures.ForceUnitAccess | NbdExportFeatures.Trim
        | NbdExportFeatures.WriteZeroes | NbdExportFeatures.FastZero | NbdExportFeatures.Cache | NbdExportFeatures.MultiConnection;

    public IReadOnlyList<string> MetaContexts { get; init; } = [NbdMetaContexts.BaseAllocation, NbdMetaContexts.Copied, NbdMetaContexts.Future];

    public string? RefusalReason { get; set; }

    /// <summary>Awaited before each operation; null completes synchronously.</summary>
    public Func<NbdCommand, long, CancellationToken, Task>? Before { get; set; }

    /// <summary>The status a context has at an offset, in runs of 64 KiB.</summary>
    public Func<string, long, uint> StatusAt { get; set; } = (_, _) => 0;

    /// <summary>What was asked for, in order.</summary>
    public List<(NbdCommand Command, long OffsetBytes, long LengthBytes, NbdWriteOptions Options)> Calls { get; } = [];

    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) =>
        DoAsync(NbdCommand.Read, offsetBytes, buffer.Length, default, () => Bytes.AsSpan((int)offsetBytes, buffer.Length).CopyTo(buffer.Span), cancellationToken);

    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, NbdWriteOptions options, CancellationToken cancellationToken) =>
        DoAsync(NbdCommand.Write, offsetBytes, data.Length, options, () => data.Span.CopyTo(Bytes.AsSpan((int)offsetBytes)), cancellationToken);

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken) =>
        DoAsync(NbdCommand.WriteZeroes, offsetBytes, lengthBytes, options, () => Bytes.AsSpan((int)offsetBytes, (int)lengthBytes).Clear(), cancellationToken);

    public ValueTask TrimAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken) =>
        DoAsync(NbdCommand.Trim, offsetBytes, lengthBytes, options, () => Bytes.AsSpan((int)offsetBytes, (int)lengthBytes).Clear(), cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => DoAsync(NbdCommand.Flush, 0, 0, default, static () => { }, cancellationToken);

    public ValueTask CacheAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        DoAsync(NbdCommand.Cache, offsetBytes, lengthBytes, default, static () => { }, cancellationToken);

    public async ValueTask<int> GetBlockStatusAsync(
        string context, long offsetBytes, long lengthBytes, Memory<NbdStatusExtent> extents, CancellationToken cancellationToken)
    {
        const int run = 64 * 1024;
        await DoAsync(NbdCommand.BlockStatus, offsetBytes, lengthBytes, default, static () => { }, cancellationToken);
        int count = 0;
        for (long at = offsetBytes; at < LengthBytes && count < extents.Length; count++)
        {
            long end = Math.Min(LengthBytes, (at / run * run) + run);
            extents.Span[count] = new NbdStatusExtent(end - at, StatusAt(context, at));
            at = end;
        }

        return count;
    }

    private ValueTask DoAsync(NbdCommand command, long offsetBytes, long length, NbdWriteOptions options, Action work, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Calls.Add((command, offsetBytes, length, options));
        }

        if (Before is null)
        {
            work();
            return default;
        }

        return WaitAndDoAsync(Before(command, offsetBytes, cancellationToken), work);
    }

    private static async ValueTask WaitAndDoAsync(Task before, Action work)
    {
        await before;
        work();
    }
}
