using System.Net;
using System.Net.Sockets;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>A wire between two agents that a test can cut in the middle of a frame, and mend.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly Task _accepting;
    private long _leftBytes = long.MaxValue;

    public CuttingProxy(IPEndPoint target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    public int Connections { get; private set; }

    /// <summary>Cuts every connection after so many more bytes of the connecting side.</summary>
    public void CutAfter(long bytes) => Interlocked.Exchange(ref _leftBytes, bytes);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var near = await _listener.AcceptSocketAsync(_stop.Token);
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await far.ConnectAsync(_target, _stop.Token);
                lock (_sockets)
                {
                    Connections++;
                    _sockets.AddRange([near, far]);
                }

                _ = PumpAsync(near, far, counted: true);
                _ = PumpAsync(far, near, counted: false);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The next one, or the end.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool counted)
    {
        var buffer = new byte[16 << 10];
        try
        {
            int received;
            while ((received = await from.ReceiveAsync(buffer, _stop.Token)) > 0)
            {
                long left = counted ? Interlocked.Add(ref _leftBytes, -received) : 1;
                await to.SendAsync(buffer.AsMemory(0, (int)Math.Max(0, received + Math.Min(0, left))), _stop.Token);
                if (left <= 0)
                {
                    Interlocked.Exchange(ref _leftBytes, long.MaxValue);
                    Cut();
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private void Cut()
    {
        lock (_sockets)
        {
            foreach (var socket in _sockets)
            {
                // With a reset, as a machine that vanished in the middle of a transfer.
                socket.Close(timeout: 0);
            }

            _sockets.Clear();
        }
    }
}
