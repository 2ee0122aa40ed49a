using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using MirrorTools.Agent.Trust;

namespace MirrorTools.Agent.Link;

/// <summary>Makes one outgoing connection.</summary>
internal sealed class LinkDialer(AgentIdentity identity, TimeProvider time)
{
    /// <summary>Time for TCP and TLS together.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>Connects to an address and shakes hands over TLS with the agent that has the pinned key.</summary>
    /// <param name="address"><c>host:port</c>.</param>
    /// <param name="name">What the connection is for, one of <see cref="LinkTls"/>.</param>
    /// <param name="pin">The key that must be at the other end.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TrustException">Nobody answers (<see cref="TrustErrorId.PeerUnreachable"/>), or somebody else
    /// (<see cref="TrustErrorId.FingerprintMismatch"/>).</exception>
    public async Task<TlsLinkTransport> DialAsync(string address, string name, ReadOnlyMemory<byte> pin, CancellationToken cancellationToken)
    {
        if (!PeerAddress.TryParse(address, out var host, out int port))
        {
            throw new TrustException(TrustErrorId.PeerUnreachable, $"'{address}' is no address of the form host:port.");
        }

        using var deadline = new CancellationTokenSource(Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        SslStream? stream = null;
        byte[]? shown = null;
        try
        {
            TlsLinkTransport.Prepare(socket);
            await socket.ConnectAsync(host, port, either.Token);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var options = LinkTls.Client(identity, name, certificate =>
            {
                shown = PublicKeyPin.Of(certificate);
                return PublicKeyPin.Matches(certificate, pin.Span);
            });
            await stream.AuthenticateAsClientAsync(options, either.Token);
            return new TlsLinkTransport(socket, stream);
        }
        catch (Exception error) when (Translate(error, address, pin, shown, deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested) is { } e)
        {
            await CloseAsync(socket, stream);
            throw e;
        }
        catch
        {
            await CloseAsync(socket, stream);
            throw;
        }
    }

    private static TrustException? Translate(Exception error, string address, ReadOnlyMemory<byte> pin, byte[]? shown, bool timedOut)
    {
        if (shown is not null && !shown.AsSpan().SequenceEqual(pin.Span))
        {
            return new TrustException(
                TrustErrorId.FingerprintMismatch,
                $"The agent at {address} has the key {PublicKeyPin.Fingerprint(shown)}, expected was {PublicKeyPin.Fingerprint(pin.Span)}. Another agent "
                + "may have taken the address, or it lost its state: pair the agents anew with New-MirrorTrust.",
                error);
        }

        return error switch
        {
            OperationCanceledException when timedOut => new TrustException(
                TrustErrorId.PeerUnreachable, $"The agent at {address} did not answer within {Deadline.TotalSeconds:F0} s.", error),
            AuthenticationException => new TrustException(
                TrustErrorId.PeerUnreachable, $"What answers at {address} is no agent's link, or turned this agent away: {error.Message}", error),
            SocketException or IOException => new TrustException(
                TrustErrorId.PeerUnreachable, $"The agent at {address} can't be reached: {error.Message}", error),
            _ => null,
        };
    }

    private static async Task CloseAsync(Socket socket, SslStream? stream)
    {
        socket.Dispose();
        if (stream is not null)
        {
            await stream.DisposeAsync();
        }
    }
}
