using System.Net;
using System.Text;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Volumes;

namespace MirrorTools.Agent.Exports;

/// <summary>Where an attachment may listen (P-9): a Unix socket, loopback where an admin lets local users in, anywhere with TLS.</summary>
internal static class AttachmentAddress
{
    private const int MaxSocketPathBytes = 107;

    /// <summary>The Unix socket or the TCP address that a request leads to; exactly one is not null.</summary>
    public static (string? SocketPath, IPEndPoint? Address) Choose(MountRequest request, string volumeName, string runtimeDirectory)
    {
        if (request.SocketPath is not null && request.Address is not null)
        {
            throw new ControlException(ErrorIds.InvalidArgument, "An attachment has a socket or an address, not both.");
        }

        return request.Address is { } text ? (null, Tcp(text, request)) : (Socket(request, volumeName, runtimeDirectory), null);
    }

    private static IPEndPoint Tcp(string text, MountRequest request)
    {
        var named = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? $"127.0.0.1:{text[10..]}" : text;
        if (!IPEndPoint.TryParse(named, out var address) || !named.Contains(':', StringComparison.Ordinal))
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"'{text}' is no address and port, such as 127.0.0.1:10809.", text);
        }

        if (request.TlsCertificates is not null)
        {
            return address;
        }

        if (!IPAddress.IsLoopback(address.Address))
        {
            throw new ControlException(ErrorIds.AddressNotAllowed, $"'{text}' is not loopback: only TLS lets hosts in there.", text)
            {
                Remedy = "Give Mount-MirrorVolume -TlsCertificates, a directory with certificates, or an address on loopback.",
            };
        }

        return request.AllowLocalUsers
            ? address
            : throw new ControlException(ErrorIds.AddressNotAllowed, $"Every user of this machine can connect to '{text}'.", text);
    }

    private static string Socket(MountRequest request, string volumeName, string runtimeDirectory)
    {
        if (request is { AllowLocalUsers: true, SocketPath: null })
        {
            throw new ControlException(
                ErrorIds.InvalidArgument, $"Nobody but the agent's account enters '{runtimeDirectory}'; a socket for other users needs a path where they can.", volumeName)
            {
                Remedy = "Give Mount-MirrorVolume a -SocketPath in a directory that the users may enter.",
            };
        }

        var path = Path.GetFullPath(request.SocketPath ?? Path.Combine(runtimeDirectory, volumeName + ".sock"));
        if (Encoding.UTF8.GetByteCount(path) > MaxSocketPathBytes)
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"The socket's path '{path}' is longer than {MaxSocketPathBytes} bytes.", path);
        }

        return Directory.Exists(Path.GetDirectoryName(path))
            ? path
            : throw new ControlException(ErrorIds.PathNotFound, $"The directory of the socket '{path}' is not there.", path);
    }
}
