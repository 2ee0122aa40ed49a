using System.Globalization;

namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>Where an NBD server listens: a Unix socket or a TCP host and port.</summary>
public sealed record NbdAddress
{
    /// <summary>The port registered for NBD.</summary>
    public const int DefaultPort = 10809;

    private NbdAddress(string? unixSocketPath, string? host, int port) => (UnixSocketPath, Host, Port) = (unixSocketPath, host, port);

    /// <summary>The socket's path, or null.</summary>
    public string? UnixSocketPath { get; }

    /// <summary>The host's name or address, or null.</summary>
    public string? Host { get; }

    /// <summary>The TCP port.</summary>
    public int Port { get; }

    /// <summary>A Unix socket.</summary>
    public static NbdAddress Unix(string socketPath) => new(socketPath, null, 0);

    /// <summary>A TCP address.</summary>
    public static NbdAddress Tcp(string host, int port = DefaultPort) => new(null, host, port);

    /// <summary>Reads a socket's path (it has a directory separator), "host", "host:port" or "[ipv6]:port".</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static NbdAddress Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        if (text.Contains('/', StringComparison.Ordinal) || text.Contains('\\', StringComparison.Ordinal))
        {
            return Unix(text);
        }

        int colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']'))
        {
            return Tcp(text.Trim('[', ']'));
        }

        return ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && colon > 0
            ? Tcp(text[..colon].Trim('[', ']'), port)
            : throw new FormatException($"'{text}' is neither a socket's path nor host:port.");
    }

    /// <inheritdoc/>
    public override string ToString() => UnixSocketPath ?? $"{Host}:{Port}";
}
