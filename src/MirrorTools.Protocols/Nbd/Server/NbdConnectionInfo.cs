namespace MirrorTools.Protocols.Nbd;

/// <summary>A connection as an admin sees it.</summary>
/// <param name="Id">A number, unique in the server's life.</param>
/// <param name="Peer">The client's address, or "unix".</param>
/// <param name="ExportName">What it is attached to; null during the handshake.</param>
/// <param name="IsTls">Whether it is encrypted.</param>
/// <param name="RequestsServed">How many requests it has been answered.</param>
public readonly record struct NbdConnectionInfo(long Id, string Peer, string? ExportName, bool IsTls, long RequestsServed);
