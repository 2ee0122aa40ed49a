namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// The numbers of the NBD protocol (https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md), in its own order. All integers on the wire are big endian.
/// </summary>
public static class NbdProtocol
{
    /// <summary>"NBDMAGIC", the first word of a server.</summary>
    public const ulong GreetingMagic = 0x4e42444d41474943;

    /// <summary>"IHAVEOPT", before each option of the client.</summary>
    public const ulong OptionMagic = 0x49484156454f5054;

    /// <summary>Before each reply to an option.</summary>
    public const ulong OptionReplyMagic = 0x0003e889045565a9;

    /// <summary>Before each request.</summary>
    public const uint RequestMagic = 0x25609513;

    /// <summary>Before each simple reply.</summary>
    public const uint SimpleReplyMagic = 0x67446698;

    /// <summary>Before each chunk of a structured reply.</summary>
    public const uint ChunkMagic = 0x668e33ef;

    /// <summary>Handshake flag, both ways: fixed newstyle.</summary>
    public const ushort FlagFixedNewstyle = 1;

    /// <summary>Handshake flag, both ways: no 124 zeroes after NBD_OPT_EXPORT_NAME.</summary>
    public const ushort FlagNoZeroes = 2;

    /// <summary>The longest string of the protocol, in bytes of UTF-8.</summary>
    public const int MaxStringBytes = 4096;

    /// <summary>The longest payload of an option that this server reads; more is an error, and far more a closed connection.</summary>
    public const int MaxOptionBytes = 64 * 1024;

    /// <summary>The zeroes after an NBD_OPT_EXPORT_NAME reply.</summary>
    public const int ExportNamePaddingBytes = 124;

    /// <summary>NBD_OPT_EXPORT_NAME: choose an export, no error can be told.</summary>
    public const uint OptExportName = 1;

    /// <summary>NBD_OPT_ABORT: end the negotiation.</summary>
    public const uint OptAbort = 2;

    /// <summary>NBD_OPT_LIST: the names of the exports.</summary>
    public const uint OptList = 3;

    /// <summary>NBD_OPT_STARTTLS: go on under TLS.</summary>
    public const uint OptStartTls = 5;

    /// <summary>NBD_OPT_INFO: describe an export.</summary>
    public const uint OptInfo = 6;

    /// <summary>NBD_OPT_GO: describe an export and start the transmission.</summary>
    public const uint OptGo = 7;

    /// <summary>NBD_OPT_STRUCTURED_REPLY: use structured replies.</summary>
    public const uint OptStructuredReply = 8;

    /// <summary>NBD_OPT_LIST_META_CONTEXT: which contexts there are.</summary>
    public const uint OptListMetaContext = 9;

    /// <summary>NBD_OPT_SET_META_CONTEXT: choose contexts.</summary>
    public const uint OptSetMetaContext = 10;

    /// <summary>NBD_REP_ACK: done.</summary>
    public const uint RepAck = 1;

    /// <summary>NBD_REP_SERVER: one export.</summary>
    public const uint RepServer = 2;

    /// <summary>NBD_REP_INFO: one piece of information.</summary>
    public const uint RepInfo = 3;

    /// <summary>NBD_REP_META_CONTEXT: one context.</summary>
    public const uint RepMetaContext = 4;

    /// <summary>Set in every option reply that is an error.</summary>
    public const uint RepErrorBit = 1u << 31;

    /// <summary>NBD_REP_ERR_UNSUP: the option is not known.</summary>
    public const uint RepErrUnsupported = RepErrorBit + 1;

    /// <summary>NBD_REP_ERR_POLICY: known, but forbidden here.</summary>
    public const uint RepErrPolicy = RepErrorBit + 2;

    /// <summary>NBD_REP_ERR_INVALID: malformed.</summary>
    public const uint RepErrInvalid = RepErrorBit + 3;

    /// <summary>NBD_REP_ERR_TLS_REQD: TLS first.</summary>
    public const uint RepErrTlsRequired = RepErrorBit + 5;

    /// <summary>NBD_REP_ERR_UNKNOWN: no such export.</summary>
    public const uint RepErrUnknown = RepErrorBit + 6;

    /// <summary>NBD_REP_ERR_SHUTDOWN: going away.</summary>
    public const uint RepErrShutdown = RepErrorBit + 7;

    /// <summary>NBD_REP_ERR_TOO_BIG: the option is too long.</summary>
    public const uint RepErrTooBig = RepErrorBit + 9;

    /// <summary>NBD_INFO_EXPORT: size and transmission flags.</summary>
    public const ushort InfoExport = 0;

    /// <summary>NBD_INFO_NAME: the canonical name.</summary>
    public const ushort InfoName = 1;

    /// <summary>NBD_INFO_DESCRIPTION: a line for people.</summary>
    public const ushort InfoDescription = 2;

    /// <summary>NBD_INFO_BLOCK_SIZE: minimum, preferred and maximum block size.</summary>
    public const ushort InfoBlockSize = 3;

    /// <summary>Transmission flag: the flags are valid.</summary>
    public const ushort FlagHasFlags = 1 << 0;

    /// <summary>Transmission flag: read-only.</summary>
    public const ushort FlagReadOnly = 1 << 1;

    /// <summary>Transmission flag: NBD_CMD_FLUSH is there.</summary>
    public const ushort FlagSendFlush = 1 << 2;

    /// <summary>Transmission flag: FUA is there.</summary>
    public const ushort FlagSendFua = 1 << 3;

    /// <summary>Transmission flag: rotational.</summary>
    public const ushort FlagRotational = 1 << 4;

    /// <summary>Transmission flag: NBD_CMD_TRIM is there.</summary>
    public const ushort FlagSendTrim = 1 << 5;

    /// <summary>Transmission flag: NBD_CMD_WRITE_ZEROES is there.</summary>
    public const ushort FlagSendWriteZeroes = 1 << 6;

    /// <summary>Transmission flag: DF is there.</summary>
    public const ushort FlagSendDontFragment = 1 << 7;

    /// <summary>Transmission flag: several connections are one cache.</summary>
    public const ushort FlagCanMultiConnection = 1 << 8;

    /// <summary>Transmission flag: NBD_CMD_CACHE is there.</summary>
    public const ushort FlagSendCache = 1 << 10;

    /// <summary>Transmission flag: FAST_ZERO is there.</summary>
    public const ushort FlagSendFastZero = 1 << 11;

    /// <summary>Command flag: durable at completion.</summary>
    public const ushort CommandFua = 1 << 0;

    /// <summary>Command flag of write zeroes: stay allocated.</summary>
    public const ushort CommandNoHole = 1 << 1;

    /// <summary>Command flag of read: one fragment.</summary>
    public const ushort CommandDontFragment = 1 << 2;

    /// <summary>Command flag of block status: one extent.</summary>
    public const ushort CommandRequestOne = 1 << 3;

    /// <summary>Command flag of write zeroes: fast or not at all.</summary>
    public const ushort CommandFastZero = 1 << 4;

    /// <summary>Chunk flag: the last one of a reply.</summary>
    public const ushort ChunkDone = 1 << 0;

    /// <summary>Chunk type: nothing to say.</summary>
    public const ushort ChunkNone = 0;

    /// <summary>Chunk type: an offset and data.</summary>
    public const ushort ChunkOffsetData = 1;

    /// <summary>Chunk type: an offset and a length that reads as zeros.</summary>
    public const ushort ChunkOffsetHole = 2;

    /// <summary>Chunk type: extents of one context.</summary>
    public const ushort ChunkBlockStatus = 5;

    /// <summary>Chunk type: an error and a message.</summary>
    public const ushort ChunkError = (1 << 15) + 1;

    /// <summary>Chunk type: an error, a message and an offset.</summary>
    public const ushort ChunkErrorOffset = (1 << 15) + 2;

    /// <summary>Set in each chunk type that is an error.</summary>
    public const ushort ChunkErrorBit = 1 << 15;
}
