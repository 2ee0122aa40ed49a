using System.Net;

namespace MirrorTools.Protocols.Nbd;

/// <summary>Where an <see cref="NbdServer"/> listens, and its bounds.</summary>
public sealed class NbdServerOptions
{
    /// <summary>The Unix socket's path, at most 107 bytes; null for none. Its directory is created for its owner only where it does not exist.</summary>
    public string? UnixSocketPath { get; init; }

    /// <summary>Lets every user of this machine open the Unix socket (mode 0666) and loopback TCP. Off: only its owner (P-9).</summary>
    public bool AllowLocalUsers { get; init; }

    /// <summary>The TCP address; null for none. Port 0 takes a free one, see <see cref="NbdServer.TcpEndPoint"/>. 
    /// An address other than loopback needs <see cref="Tls"/>; loopback without it needs <see cref="AllowLocalUsers"/>, since every user can reach it.</summary>
    public IPEndPoint? TcpEndPoint { get; init; }

    /// <summary>STARTTLS. Where it is set, TCP connections must use it; the Unix socket offers it.</summary>
    public NbdTlsServerOptions? Tls { get; init; }

    /// <summary>How many connections there may be; one more is closed at once.</summary>
    public int MaxConnections { get; init; } = 128;

    /// <summary>How many requests of one connection may be in flight.</summary>
    public int MaxRequestsPerConnection { get; init; } = 128;

    /// <summary>Payload bytes that one connection may have in flight; at least 32 MiB.</summary>
    public long MaxBytesPerConnection { get; init; } = 64L * 1024 * 1024;

    /// <summary>Payload bytes of all connections together; at least <see cref="MaxBytesPerConnection"/>. A connection that finds it used up stops reading.</summary>
    public long MemoryBudgetBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>How long a client may take from connecting to its first request.</summary>
    public TimeSpan HandshakeDeadline { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a client may stall inside a message, or take nothing of a reply, before its connection is closed.</summary>
    public TimeSpan StallDeadline { get; init; } = TimeSpan.FromSeconds(60);

    internal void Check()
    {
        Require(UnixSocketPath is not null || TcpEndPoint is not null, "An NBD server needs a Unix socket or a TCP address.");
        Require(TcpEndPoint is null || Tls is not null || IPAddress.IsLoopback(TcpEndPoint.Address), $"An address other than loopback ({TcpEndPoint}) needs TLS with client certificates.");
        Require(TcpEndPoint is null || Tls is not null || AllowLocalUsers, "Every user of this machine can reach loopback: allow local users, or use TLS.");
        Require(MaxConnections > 0 && MaxRequestsPerConnection > 0, "The bounds on connections and requests must be positive.");
        Require(MaxBytesPerConnection >= NbdBlockSizes.LargestPayloadBytes && MemoryBudgetBytes >= MaxBytesPerConnection, "The memory bounds must hold at least one payload of 32 MiB.");
        Require(HandshakeDeadline > TimeSpan.Zero && StallDeadline > TimeSpan.Zero && StallDeadline < TimeSpan.FromDays(1), "The deadlines must be positive.");
    }

    private static void Require(bool holds, string complaint)
    {
        if (!holds)
        {
            throw new ArgumentException(complaint);
        }
    }
}
