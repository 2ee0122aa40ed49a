using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// The negotiation of one connection (fixed newstyle). Ends with a session, or without one where the client leaves, is refused for good, or sends what is no NBD.
/// Its memory is bounded by the longest option, its time by the transport's deadline.
/// </summary>
internal sealed class NbdHandshake
{
    /// <summary>No honest client needs as many options.</summary>
    private const int MaxOptions = 256;

    private readonly NbdConnection _connection;
    private readonly NbdExportTable _exports;
    private readonly NbdTlsServerOptions? _tls;
    private readonly NbdInput _input;
    private readonly NbdOptionReplies _replies;
    private readonly NbdMetaNegotiation _meta;
    private readonly NbdExportSelection _selection;
    private bool _tlsMissing;
    private bool _structuredReplies;
    private bool _noZeroes;

    public NbdHandshake(NbdConnection connection, NbdInput input, NbdExportTable exports, NbdTlsServerOptions? tls, bool tlsRequired)
    {
        _connection = connection;
        _exports = exports;
        _tls = tls;
        _tlsMissing = tlsRequired;
        _input = input;
        _replies = new NbdOptionReplies { Transport = connection.Transport };
        _meta = new NbdMetaNegotiation(exports, _replies);
        _selection = new NbdExportSelection(connection, exports, _replies, _meta);
    }

    /// <summary>Negotiates; null where there is nothing to serve.</summary>
    /// <exception cref="IOException">The client broke the protocol or the connection.</exception>
    public NbdSession? Run()
    {
        Span<byte> greeting = stackalloc byte[NbdGreeting.Size];
        new NbdGreeting(NbdProtocol.FlagFixedNewstyle | NbdProtocol.FlagNoZeroes).Write(greeting);
        _connection.Transport.Send(greeting);

        if (!_input.TryFill(sizeof(uint), mayIdle: false))
        {
            return null;
        }

        uint clientFlags = BinaryPrimitives.ReadUInt32BigEndian(_input.Buffered);
        _input.Consume(sizeof(uint));
        if ((clientFlags & ~(uint)(NbdProtocol.FlagFixedNewstyle | NbdProtocol.FlagNoZeroes)) != 0)
        {
            throw new IOException("The client set handshake flags that were not offered.");
        }

        _noZeroes = (clientFlags & NbdProtocol.FlagNoZeroes) != 0;
        for (int count = 0; count < MaxOptions; count++)
        {
            if (!_input.TryFill(NbdOptionHeader.Size, mayIdle: false))
            {
                return null;
            }

            if (!NbdOptionHeader.TryRead(_input.Buffered, out NbdOptionHeader header))
            {
                throw new IOException("The client sent no option where one was due.");
            }

            _input.Consume(NbdOptionHeader.Size);
            if (header.LengthBytes > NbdProtocol.MaxOptionBytes)
            {
                RefuseTooLong(header);
                continue;
            }

            int length = (int)header.LengthBytes;
            if (!_input.TryFill(length, mayIdle: false) && length > 0)
            {
                return null;
            }

            if (Answer(header.Option, length, out NbdSession? session) == Next.Stop)
            {
                return session;
            }
        }

        throw new IOException("The client sent too many options.");
    }

    private enum Next
    {
        Continue,
        Stop,
    }

    private Next Answer(uint option, int length, out NbdSession? session)
    {
        session = null;
        ReadOnlySpan<byte> payload = _input.Buffered[..length];
        if (_tlsMissing && option is not (NbdProtocol.OptStartTls or NbdProtocol.OptAbort))
        {
            _input.Consume(length);
            _replies.Refuse(option, NbdProtocol.RepErrTlsRequired, "This server needs STARTTLS and a client certificate first.");
            return option == NbdProtocol.OptExportName ? Next.Stop : Next.Continue;
        }

        switch (option)
        {
            case NbdProtocol.OptAbort:
                _replies.Acknowledge(option);
                return Next.Stop;
            case NbdProtocol.OptExportName:
                session = _selection.AnswerExportName(payload, _structuredReplies, _noZeroes);
                _input.Consume(length);
                return Next.Stop;
            case NbdProtocol.OptInfo or NbdProtocol.OptGo:
                session = _selection.AnswerInfo(option, payload, _structuredReplies);
                break;
            case NbdProtocol.OptListMetaContext or NbdProtocol.OptSetMetaContext:
                _meta.Answer(option, payload, _structuredReplies);
                break;
            case NbdProtocol.OptList or NbdProtocol.OptStructuredReply or NbdProtocol.OptStartTls when length != 0:
                _replies.Refuse(option, NbdProtocol.RepErrInvalid, "This option takes no payload.");
                break;
            case NbdProtocol.OptList:
                AnswerList();
                break;
            case NbdProtocol.OptStructuredReply:
                _structuredReplies = true;
                _replies.Acknowledge(option);
                break;
            case NbdProtocol.OptStartTls:
                StartTls();
                return Next.Continue;
            default:
                _replies.Refuse(option, NbdProtocol.RepErrUnsupported, "This option is not known here.");
                break;
        }

        _input.Consume(length);
        return session is null ? Next.Continue : Next.Stop;
    }

    private void AnswerList()
    {
        foreach (string name in _exports.Names)
        {
            if (_exports.TryGet(name, out INbdExport? export))
            {
                _replies.SendServer(name, export.Description);
            }
        }

        _replies.Acknowledge(NbdProtocol.OptList);
    }

    private void StartTls()
    {
        if (_tls is null || _connection.IsTls)
        {
            _replies.Refuse(
                NbdProtocol.OptStartTls,
                _tls is null ? NbdProtocol.RepErrPolicy : NbdProtocol.RepErrInvalid,
                _tls is null ? "This listener has no certificate." : "The connection is under TLS already.");
            return;
        }

        if (!_input.Buffered.IsEmpty)
        {
            throw new IOException("The client sent bytes after STARTTLS without waiting for the answer.");
        }

        _replies.Acknowledge(NbdProtocol.OptStartTls);
        _connection.Transport = NbdTlsTransport.Accept(_connection.Transport, _tls);
        _connection.IsTls = true;
        _input.SwitchTo(_connection.Transport);
        _replies.Transport = _connection.Transport;
        _tlsMissing = false;

        // What was agreed in the clear may have been forged.
        _structuredReplies = false;
        _meta.Forget();
    }

    private void RefuseTooLong(NbdOptionHeader header)
    {
        const uint hopeless = 16 * NbdProtocol.MaxOptionBytes;
        if (header.LengthBytes > hopeless)
        {
            throw new IOException($"The client announced an option of {header.LengthBytes} bytes.");
        }

        _input.Skip(header.LengthBytes);
        _replies.Refuse(header.Option, NbdProtocol.RepErrTooBig, "The option is too long.");
    }
}
