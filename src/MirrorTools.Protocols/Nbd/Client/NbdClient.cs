namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>
/// A connection to one export of an NBD server. Requests may be issued concurrently and are pipelined. Errors of a request are <see cref="NbdException"/>;
/// a lost connection is another <see cref="IOException"/>, and fails every request in flight.
/// </summary>
public sealed class NbdClient : IAsyncDisposable
{
    private NbdClient()
    {
    }

    /// <summary>The export's size in bytes.</summary>
    public long LengthBytes => throw new NotImplementedException();

    /// <summary>What the export can do.</summary>
    public NbdExportFeatures Features => throw new NotImplementedException();

    /// <summary>The block sizes the server named, or the protocol's defaults.</summary>
    public NbdBlockSizes BlockSizes => throw new NotImplementedException();

    /// <summary>The metadata contexts that the server granted.</summary>
    public IReadOnlyList<string> MetaContexts => throw new NotImplementedException();

    /// <summary>Connects and negotiates.</summary>
    /// <exception cref="NbdException">The server refused.</exception>
    /// <exception cref="IOException">The server can't be reached or broke the protocol.</exception>
    /// <exception cref="TimeoutException">The deadline passed.</exception>
    public static Task<NbdClient> ConnectAsync(NbdAddress address, NbdClientOptions options, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Asks a server for the names of its exports.</summary>
    public static Task<IReadOnlyList<string>> ListExportsAsync(NbdAddress address, NbdClientOptions options, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offsetBytes"/>.</summary>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Writes <paramref name="data"/>; completes when the server has acknowledged it.</summary>
    public ValueTask WriteAsync(
        long offsetBytes, ReadOnlyMemory<byte> data, NbdWriteOptions options, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Makes completed writes durable.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Gives the range's storage back.</summary>
    public ValueTask TrimAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Makes the range read as zeros.</summary>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Asks the server to cache the range.</summary>
    public ValueTask CacheAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The status of the range in one of the contexts granted; may cover less than asked for.</summary>
    public ValueTask<IReadOnlyList<NbdStatusExtent>> BlockStatusAsync(
        string context, long offsetBytes, long lengthBytes, bool onlyOne, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Tells the server to disconnect and closes. Requests in flight fail.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
