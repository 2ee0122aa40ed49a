namespace MirrorTools.Protocols.Nbd;

/// <summary>The commands of the transmission phase; the values are those on the wire.</summary>
public enum NbdCommand : ushort
{
    /// <summary>Read a range.</summary>
    Read = 0,

    /// <summary>Write a range; the payload follows the request.</summary>
    Write = 1,

    /// <summary>Disconnect; has no reply.</summary>
    Disconnect = 2,

    /// <summary>Make completed writes durable.</summary>
    Flush = 3,

    /// <summary>Give a range's storage back.</summary>
    Trim = 4,

    /// <summary>Fetch a range into the cache.</summary>
    Cache = 5,

    /// <summary>Make a range read as zeros.</summary>
    WriteZeroes = 6,

    /// <summary>Ask for the status of a range in the chosen contexts.</summary>
    BlockStatus = 7,
}
