using System.Net.Security;

namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>What a client asks for, and its bounds.</summary>
public sealed class NbdClientOptions
{
    /// <summary>The export's name; empty for the server's default.</summary>
    public string ExportName { get; init; } = "";

    /// <summary>Set to go over STARTTLS: the target host, client certificates and the check of the server. Null: in the clear.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Asks for structured replies; needed for block status.</summary>
    public bool StructuredReplies { get; init; } = true;

    /// <summary>Metadata contexts to select for <see cref="NbdClient.BlockStatusAsync"/>.</summary>
    public IReadOnlyList<string> MetaContexts { get; init; } = [];

    /// <summary>How many requests may be in flight; further ones wait.</summary>
    public int MaxRequestsInFlight { get; init; } = 64;

    /// <summary>How long connecting and negotiating may take.</summary>
    public TimeSpan ConnectDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request may take; past it the connection is given up, since it can't be known whether the request was done.</summary>
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromSeconds(60);
}
