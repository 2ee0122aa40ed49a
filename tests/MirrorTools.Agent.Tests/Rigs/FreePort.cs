using System.Net;
using System.Net.Sockets;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>
/// Ports of loopback that nobody has, for listeners that keep theirs over a restart. Below the range that the system gives to clients: a port from there may become somebody's between the look and the listening.
/// </summary>
public static class FreePort
{
    private const int First = 12_000;
    private const int Count = 18_000;

    // Each test process begins elsewhere.
    private static int s_last = (int)((long)Environment.ProcessId * 7919 % Count);

    /// <summary>The next one.</summary>
    public static int Next()
    {
        while (true)
        {
            int port = First + (int)((uint)Interlocked.Increment(ref s_last) % Count);
            using TcpListener listener = new(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's; the next one.
            }
        }
    }
}
