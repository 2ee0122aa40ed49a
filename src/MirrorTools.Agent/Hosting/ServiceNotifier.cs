using System.Net.Sockets;
using System.Text;

namespace MirrorTools.Agent.Hosting;

/// <summary>Tells systemd how the service is (sd_notify): a datagram to the socket in NOTIFY_SOCKET. Does nothing elsewhere.</summary>
internal static class ServiceNotifier
{
    public static void Ready() => Send($"READY=1\nMAINPID={Environment.ProcessId}\n");

    public static void Stopping() => Send("STOPPING=1\n");

    private static void Send(string state)
    {
        var path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path))
        {
            return;
        }

        try
        {
            // An '@' stands for the zero byte of an abstract name.
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
        }
        catch (SocketException error)
        {
            Console.Error.WriteLine($"mirror-agent: systemd at '{path}' can't be notified: {error.Message}");
        }
    }
}
