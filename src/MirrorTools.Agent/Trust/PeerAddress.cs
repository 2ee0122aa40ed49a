using System.Globalization;
using System.Net;
using System.Text;

namespace MirrorTools.Agent.Trust;

/// <summary>An address of an agent's link, <c>host:port</c>; an IPv6 address stands in brackets.</summary>
internal static class PeerAddress
{
    /// <summary>Whether the text is an address.</summary>
    public static bool IsValid(string text) => TryParse(text, out _, out _);

    /// <summary>Takes an address apart.</summary>
    public static bool TryParse(string text, out string host, out int port)
    {
        (host, port) = ("", 0);
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || Encoding.UTF8.GetByteCount(text) > PairingCode.MaxAddressBytes
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535)
        {
            return false;
        }

        host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
            return IPAddress.TryParse(host, out _);
        }

        return Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }
}
