namespace MirrorTools.Protocols.Nbd;

/// <summary>The errors a request may end with; the values are those on the wire (the protocol's own numbers, whatever the OS).</summary>
public enum NbdError
{
    /// <summary>The request succeeded.</summary>
    None = 0,

    /// <summary>EPERM: the export does not allow this, for example a write to a read-only export.</summary>
    NotPermitted = 1,

    /// <summary>EIO: the medium failed.</summary>
    InputOutput = 5,

    /// <summary>ENOMEM: the server's memory budget stayed exhausted past its deadline.</summary>
    NoMemory = 12,

    /// <summary>EINVAL: the request is malformed, unaligned or out of range.</summary>
    Invalid = 22,

    /// <summary>ENOSPC: the medium is full, or the write ends past the export.</summary>
    NoSpace = 28,

    /// <summary>EOVERFLOW: the answer can't be sent as one fragment.</summary>
    Overflow = 75,

    /// <summary>ENOTSUP: the option or flag is not supported here, for example a fast zero that would be slow.</summary>
    NotSupported = 95,

    /// <summary>ESHUTDOWN: the export or the server is going away, or the export refuses hosts.</summary>
    ShuttingDown = 108,
}
