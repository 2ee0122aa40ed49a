using System.Globalization;
using System.Net;

namespace MirrorTools.Agent.Control;

/// <summary>Who asked, for the event log. The token says that it was somebody who may; on Linux the kernel says which user has the connection.</summary>
internal static class Caller
{
    private const string Unknown = "control API";

    public static string Of(HttpContext context)
    {
        var connection = context.Connection;
        return OperatingSystem.IsLinux() && connection is { RemoteIpAddress: { } address, RemotePort: > 0 } && IPAddress.IsLoopback(address)
            ? UserOf(connection.RemotePort) ?? Unknown
            : Unknown;
    }

    // /proc/net/tcp: slot, local address:port in hexadecimal, remote, state, queues, timer, retransmits, user.
    private static string? UserOf(int localPort)
    {
        var place = $":{localPort:X4}";
        try
        {
            foreach (var line in File.ReadLines("/proc/net/tcp").Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 7 && fields[1].EndsWith(place, StringComparison.Ordinal) && fields[3] == "01")
                {
                    return NameOf(fields[7]);
                }
            }
        }
        catch (IOException)
        {
            // Some containers have no such file; the event then names the way only.
        }

        return null;
    }

    private static string NameOf(string userId) => File.ReadLines("/etc/passwd")
        .Select(line => line.Split(':'))
        .FirstOrDefault(fields => fields.Length > 2 && fields[2] == userId)?[0] ?? string.Create(CultureInfo.InvariantCulture, $"user {userId}");
}
