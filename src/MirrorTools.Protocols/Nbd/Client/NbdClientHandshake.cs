using System.Buffers.Binary;
using System.Net.Security;
using System.Text;

namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>The client's side of the negotiation.</summary>
internal sealed class NbdClientHandshake(NbdClientWire wire, NbdClientOptions options, CancellationToken cancellationToken)
{
    private const int MaxReplyBytes = 64 * 1024 - NbdOptionReplyHeader.Size;
    private const int MaxReplies = 65536;

    /// <summary>Negotiates up to the start of the transmission.</summary>
    public async Task<NbdClientAgreement> AttachAsync()
    {
        await OpenAsync().ConfigureAwait(false);
        bool structured = options.StructuredReplies
            && await AskAsync(NbdProtocol.OptStructuredReply, [], static (_, _) => { }).ConfigureAwait(false) is null;

        var contexts = new Dictionary<uint, string>();
        if (structured && options.MetaContexts.Count > 0)
        {
            Throw(await AskAsync(NbdProtocol.OptSetMetaContext, MetaQuery(), (type, payload) => ReadContext(type, payload, contexts)).ConfigureAwait(false));
        }

        NbdExportInfo? info = null;
        NbdBlockSizes sizes = new(1, 4096);
        Throw(await AskAsync(NbdProtocol.OptGo, GoPayload(), (type, payload) => ReadInfo(type, payload, ref info, ref sizes)).ConfigureAwait(false));
        return info is NbdExportInfo known && known.SizeBytes <= long.MaxValue
            ? new NbdClientAgreement(known, sizes, structured, contexts)
            : throw new IOException("The NBD server described no usable export.");
    }

    /// <summary>Asks for the names of the exports.</summary>
    public async Task<IReadOnlyList<string>> ListAsync()
    {
        await OpenAsync().ConfigureAwait(false);
        var names = new List<string>();
        Throw(await AskAsync(NbdProtocol.OptList, [], (type, payload) => ReadServer(type, payload, names)).ConfigureAwait(false));
        await SendAsync(NbdProtocol.OptAbort, []).ConfigureAwait(false);
        return names;
    }

    private delegate void ReplyReader(uint type, ReadOnlySpan<byte> payload);

    private async Task OpenAsync()
    {
        await wire.FillAsync(NbdGreeting.Size, cancellationToken).ConfigureAwait(false);
        if (!NbdGreeting.TryRead(wire.Buffered, out NbdGreeting greeting) || (greeting.Flags & NbdProtocol.FlagFixedNewstyle) == 0)
        {
            throw new IOException("What answers is no NBD server of the fixed newstyle kind.");
        }

        wire.Consume(NbdGreeting.Size);
        byte[] flags = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(flags, (uint)(greeting.Flags & (NbdProtocol.FlagFixedNewstyle | NbdProtocol.FlagNoZeroes)));
        await wire.Stream.WriteAsync(flags, cancellationToken).ConfigureAwait(false);
        if (options.Tls is SslClientAuthenticationOptions tls)
        {
            Throw(await AskAsync(NbdProtocol.OptStartTls, [], static (_, _) => { }).ConfigureAwait(false));
            if (!wire.Buffered.IsEmpty)
            {
                throw new IOException("The NBD server sent bytes in the clear after STARTTLS.");
            }

            var stream = new SslStream(wire.Stream, leaveInnerStreamOpen: false);
            wire.SwitchTo(stream);
            await stream.AuthenticateAsClientAsync(tls, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(uint option, byte[] payload)
    {
        byte[] message = new byte[NbdOptionHeader.Size + payload.Length];
        new NbdOptionHeader(option, (uint)payload.Length).Write(message);
        payload.CopyTo(message, NbdOptionHeader.Size);
        await wire.Stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends an option and reads its replies; returns the refusal, or null where it was acknowledged.</summary>
    private async Task<NbdException?> AskAsync(uint option, byte[] payload, ReplyReader reader)
    {
        await SendAsync(option, payload).ConfigureAwait(false);
        for (int count = 0; count < MaxReplies; count++)
        {
            await wire.FillAsync(NbdOptionReplyHeader.Size, cancellationToken).ConfigureAwait(false);
            if (!NbdOptionReplyHeader.TryRead(wire.Buffered, out NbdOptionReplyHeader header) || header.Option != option || header.LengthBytes > MaxReplyBytes)
            {
                throw new IOException("The NBD server sent no valid reply to an option.");
            }

            int length = (int)header.LengthBytes;
            await wire.FillAsync(NbdOptionReplyHeader.Size + length, cancellationToken).ConfigureAwait(false);
            ReadOnlySpan<byte> body = wire.Buffered.Slice(NbdOptionReplyHeader.Size, length);
            NbdException? refusal = header.IsError ? Refusal(header.Reply, body) : null;
            if (!header.IsError && header.Reply != NbdProtocol.RepAck)
            {
                reader(header.Reply, body);
            }

            wire.Consume(NbdOptionReplyHeader.Size + length);
            if (header.IsError || header.Reply == NbdProtocol.RepAck)
            {
                return refusal;
            }
        }

        throw new IOException("The NBD server sent replies without end.");
    }

    private NbdException Refusal(uint reply, ReadOnlySpan<byte> body)
    {
        NbdError error = reply switch
        {
            NbdProtocol.RepErrUnsupported => NbdError.NotSupported,
            NbdProtocol.RepErrPolicy or NbdProtocol.RepErrTlsRequired => NbdError.NotPermitted,
            NbdProtocol.RepErrShutdown => NbdError.ShuttingDown,
            _ => NbdError.Invalid,
        };
        string said = body.IsEmpty ? $"error {reply & ~NbdProtocol.RepErrorBit}" : Encoding.UTF8.GetString(body);
        return new NbdException(error, $"The NBD server refused export '{options.ExportName}': {said}");
    }

    private static void Throw(NbdException? refusal)
    {
        if (refusal is not null)
        {
            throw refusal;
        }
    }

    private byte[] MetaQuery()
    {
        var payload = new MemoryStream();
        WriteString(payload, options.ExportName);
        WriteUInt32(payload, (uint)options.MetaContexts.Count);
        foreach (string context in options.MetaContexts)
        {
            WriteString(payload, context);
        }

        return payload.ToArray();
    }

    private byte[] GoPayload()
    {
        var payload = new MemoryStream();
        WriteString(payload, options.ExportName);
        payload.Write([0, 1, 0, (byte)NbdProtocol.InfoBlockSize]);
        return payload.ToArray();
    }

    private static void ReadContext(uint type, ReadOnlySpan<byte> bytes, Dictionary<uint, string> contexts)
    {
        var payload = new NbdOptionPayload(bytes);
        if (type != NbdProtocol.RepMetaContext || !payload.TryReadUInt32(out uint id) || !payload.TryReadRest(out string name) || !contexts.TryAdd(id, name))
        {
            throw new IOException("The NBD server sent an invalid metadata context.");
        }
    }

    private static void ReadServer(uint type, ReadOnlySpan<byte> bytes, List<string> names)
    {
        var payload = new NbdOptionPayload(bytes);
        if (type != NbdProtocol.RepServer || !payload.TryReadString(out string name))
        {
            throw new IOException("The NBD server sent an invalid export name.");
        }

        names.Add(name);
    }

    private static void ReadInfo(uint type, ReadOnlySpan<byte> bytes, ref NbdExportInfo? info, ref NbdBlockSizes sizes)
    {
        var payload = new NbdOptionPayload(bytes);
        if (type != NbdProtocol.RepInfo || !payload.TryReadUInt16(out ushort kind))
        {
            throw new IOException("The NBD server sent invalid information.");
        }

        if (kind == NbdProtocol.InfoExport && NbdExportInfo.TryRead(bytes[2..], out NbdExportInfo export))
        {
            info = export;
        }
        else if (kind == NbdProtocol.InfoBlockSize && NbdBlockSizeInfo.TryRead(bytes[2..], out NbdBlockSizeInfo named))
        {
            sizes = new NbdBlockSizes(
                (int)Math.Clamp(named.MinimumBytes, 1, 64 * 1024),
                (int)Math.Clamp(named.PreferredBytes, 1, NbdBlockSizes.LargestPayloadBytes),
                (int)Math.Clamp(named.MaximumBytes, 4096, NbdBlockSizes.LargestPayloadBytes));
        }
    }

    private static void WriteUInt32(MemoryStream payload, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        payload.Write(bytes);
    }

    private static void WriteString(MemoryStream payload, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        WriteUInt32(payload, (uint)bytes.Length);
        payload.Write(bytes);
    }
}
