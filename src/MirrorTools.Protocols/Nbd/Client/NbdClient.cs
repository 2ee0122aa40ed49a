using System.Security.Authentication;

namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>
/// A connection to one export of an NBD server. Requests may be issued concurrently and are pipelined. Errors of a request are <see cref="NbdException"/>;
/// a lost connection is another <see cref="IOException"/>, and fails every request in flight.
/// </summary>
/// <remarks>
/// A token is heeded until the request is sent; from then on the request runs to its reply or its deadline, because a buffer that is still written to, or a write
/// of unknown outcome, helps nobody.
/// </remarks>
public sealed class NbdClient : IAsyncDisposable
{
    private readonly NbdClientAgreement _agreement;
    private readonly NbdClientPipe _pipe;

    private NbdClient(NbdClientAgreement agreement, NbdClientWire wire, NbdClientOptions options)
    {
        _agreement = agreement;
        MetaContexts = [.. agreement.Contexts.Values];
        _pipe = new NbdClientPipe(wire, agreement, options);
    }

    /// <summary>The export's size in bytes.</summary>
    public long LengthBytes => (long)_agreement.Info.SizeBytes;

    /// <summary>What the export can do.</summary>
    public NbdExportFeatures Features => NbdTransmissionFlags.ToFeatures(_agreement.Info.TransmissionFlags);

    /// <summary>The block sizes the server named, or the protocol's defaults.</summary>
    public NbdBlockSizes BlockSizes => _agreement.BlockSizes;

    /// <summary>The metadata contexts that the server granted.</summary>
    public IReadOnlyList<string> MetaContexts { get; }

    /// <summary>Connects and negotiates.</summary>
    /// <exception cref="NbdException">The server refused.</exception>
    /// <exception cref="IOException">The server can't be reached or broke the protocol.</exception>
    /// <exception cref="TimeoutException">The deadline passed.</exception>
    public static Task<NbdClient> ConnectAsync(NbdAddress address, NbdClientOptions options, CancellationToken cancellationToken) =>
        NegotiateAsync(address, options, async (wire, handshake) => new NbdClient(await handshake.AttachAsync().ConfigureAwait(false), wire, options), cancellationToken);

    /// <summary>Asks a server for the names of its exports.</summary>
    public static async Task<IReadOnlyList<string>> ListExportsAsync(NbdAddress address, NbdClientOptions options, CancellationToken cancellationToken) =>
        await NegotiateAsync(
            address,
            options,
            async (wire, handshake) =>
            {
                IReadOnlyList<string> names = await handshake.ListAsync().ConfigureAwait(false);
                await wire.DisposeAsync().ConfigureAwait(false);
                return names;
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offsetBytes"/>.</summary>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        CheckPayload(buffer.Length);
        return _pipe.RequestAsync(NbdCommand.Read, 0, offsetBytes, buffer.Length, buffer, default, cancellationToken);
    }

    /// <summary>Writes <paramref name="data"/>; completes when the server has acknowledged it.</summary>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, NbdWriteOptions options, CancellationToken cancellationToken)
    {
        CheckPayload(data.Length);
        return _pipe.RequestAsync(NbdCommand.Write, FlagsOf(options), offsetBytes, data.Length, default, data, cancellationToken);
    }

    /// <summary>Makes completed writes durable.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => _pipe.RequestAsync(NbdCommand.Flush, 0, 0, 0, default, default, cancellationToken);

    /// <summary>Gives the range's storage back; up to 4 GiB at a time.</summary>
    public ValueTask TrimAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken) =>
        _pipe.RequestAsync(NbdCommand.Trim, FlagsOf(options), offsetBytes, lengthBytes, default, default, cancellationToken);

    /// <summary>Makes the range read as zeros; up to 4 GiB at a time.</summary>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken) =>
        _pipe.RequestAsync(NbdCommand.WriteZeroes, FlagsOf(options), offsetBytes, lengthBytes, default, default, cancellationToken);

    /// <summary>Asks the server to cache the range; up to 4 GiB at a time.</summary>
    public ValueTask CacheAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        _pipe.RequestAsync(NbdCommand.Cache, 0, offsetBytes, lengthBytes, default, default, cancellationToken);

    /// <summary>The status of the range in one of the contexts granted; may cover less than asked for.</summary>
    public async ValueTask<IReadOnlyList<NbdStatusExtent>> BlockStatusAsync(
        string context, long offsetBytes, long lengthBytes, bool onlyOne, CancellationToken cancellationToken)
    {
        uint id = _agreement.Contexts.FirstOrDefault(pair => pair.Value == context).Key;
        if (!_agreement.Contexts.ContainsKey(id))
        {
            throw new ArgumentException($"The server did not grant the context '{context}'.", nameof(context));
        }

        IReadOnlyDictionary<uint, List<NbdStatusExtent>> all = await _pipe.StatusAsync(
            onlyOne ? NbdProtocol.CommandRequestOne : (ushort)0, offsetBytes, lengthBytes, cancellationToken).ConfigureAwait(false);
        return all.TryGetValue(id, out List<NbdStatusExtent>? extents) ? extents : [];
    }

    /// <summary>Tells the server to disconnect and closes. Requests in flight fail.</summary>
    public ValueTask DisposeAsync() => _pipe.DisposeAsync();

    private static async Task<T> NegotiateAsync<T>(
        NbdAddress address, NbdClientOptions options, Func<NbdClientWire, NbdClientHandshake, Task<T>> negotiate, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.ConnectDeadline);
        NbdClientWire? wire = null;
        try
        {
            wire = await NbdClientWire.ConnectAsync(address, deadline.Token).ConfigureAwait(false);
            return await negotiate(wire, new NbdClientHandshake(wire, options, deadline.Token)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (wire is not null)
            {
                await wire.DisposeAsync().ConfigureAwait(false);
            }

            throw exception switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested =>
                    new TimeoutException($"The NBD server on '{address}' did not answer within {options.ConnectDeadline.TotalSeconds:0.#} s.", exception),
                AuthenticationException => new IOException($"The TLS handshake with '{address}' failed.", exception),
                _ => exception,
            };
        }
    }

    private void CheckPayload(int lengthBytes)
    {
        if (lengthBytes > BlockSizes.MaximumBytes)
        {
            throw new ArgumentOutOfRangeException(nameof(lengthBytes), lengthBytes, $"One request carries at most {BlockSizes.MaximumBytes} bytes.");
        }
    }

    private static ushort FlagsOf(NbdWriteOptions options)
    {
        int flags = (options & NbdWriteOptions.ForceUnitAccess) != 0 ? NbdProtocol.CommandFua : 0;
        flags |= (options & NbdWriteOptions.NoHole) != 0 ? NbdProtocol.CommandNoHole : 0;
        return (ushort)(flags | ((options & NbdWriteOptions.FastZero) != 0 ? NbdProtocol.CommandFastZero : 0));
    }
}
