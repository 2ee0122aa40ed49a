namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// A port: what a host sees under one export name. Operations run concurrently, also on overlapping ranges. Offsets and lengths are in bytes, inside the
/// export and multiples of <see cref="NbdBlockSizes.MinimumBytes"/>; the server has checked that before it calls.
/// </summary>
/// <remarks>
/// Completing synchronously is the fast path: the reply then goes out from the thread that received the request, and nothing is allocated. An operation that may
/// block for long (not: a read from the page cache) should return an incomplete task instead, because it holds up the requests behind it.
/// A failure is an exception, translated by <see cref="Translate"/>. Buffers are the server's: valid until the returned task completes.
/// </remarks>
public interface INbdExport
{
    /// <summary>The name hosts ask for; at most 4096 bytes of UTF-8; compared exactly.</summary>
    string Name { get; }

    /// <summary>A line for people; may be empty.</summary>
    string Description { get; }

    /// <summary>The size in bytes.</summary>
    long LengthBytes { get; }

    /// <summary>Block sizes, constant while the export is in a table.</summary>
    NbdBlockSizes BlockSizes { get; }

    /// <summary>What the export can do, constant while it is in a table.</summary>
    NbdExportFeatures Features { get; }

    /// <summary>The contexts <see cref="GetBlockStatusAsync"/> knows; at most 16.</summary>
    IReadOnlyList<string> MetaContexts { get; }

    /// <summary>
    /// Null while the export serves hosts. Otherwise why it does not (for example: its generation is old, P-6): a new host is refused with this sentence
    /// and requests of attached ones fail with <see cref="NbdError.ShuttingDown"/>. Read before each request, so it must be cheap.
    /// </summary>
    string? RefusalReason { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offsetBytes"/>.</summary>
    ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes <paramref name="data"/> whole at <paramref name="offsetBytes"/>. The data's address is 4 KiB aligned.</summary>
    ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, NbdWriteOptions options, CancellationToken cancellationToken);

    /// <summary>Makes the range read as zeros; up to 4 GiB at a time.</summary>
    ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken);

    /// <summary>Gives the range's storage back; up to 4 GiB at a time.</summary>
    ValueTask TrimAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken);

    /// <summary>Makes every write that completed before the call, on any connection, durable.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>Fetches the range into a cache where there is one; a hint.</summary>
    ValueTask CacheAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken);

    /// <summary>
    /// Fills <paramref name="extents"/> with consecutive runs from <paramref name="offsetBytes"/> on and returns their number: at least one, at most the span's
    /// length. Covering less than asked is allowed; the last run may reach past the range asked for.
    /// </summary>
    /// <param name="context">One of <see cref="MetaContexts"/>.</param>
    /// <param name="offsetBytes">Where the first run starts.</param>
    /// <param name="lengthBytes">How far the host wants to know.</param>
    /// <param name="extents">Room for the answer.</param>
    /// <param name="cancellationToken">Cancelled when the connection is cut off.</param>
    ValueTask<int> GetBlockStatusAsync(
        string context, long offsetBytes, long lengthBytes, Memory<NbdStatusExtent> extents, CancellationToken cancellationToken);

    /// <summary>What a host is told of an exception that one of the operations threw.</summary>
    NbdError Translate(Exception fault) => fault switch
    {
        NbdException known => known.Error,
        OperationCanceledException => NbdError.ShuttingDown,
        ArgumentException => NbdError.Invalid,
        NotSupportedException => NbdError.NotSupported,
        UnauthorizedAccessException => NbdError.NotPermitted,
        _ => NbdError.InputOutput,
    };
}
