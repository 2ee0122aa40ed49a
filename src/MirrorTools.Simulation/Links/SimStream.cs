using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Links;

/// <summary>
/// One direction of a connection: ordered and reliable, as TCP is. While the route is blocked, pieces wait and are sent again once it heals;
/// when the connection breaks, whatever had not arrived is lost, which may cut a frame anywhere.
/// </summary>
internal sealed class SimStream
{
    private readonly SimNetwork _network;
    private readonly SimRandom _random;
    private readonly Queue<byte[]> _onTheWire = new();
    private readonly Queue<ReadOnlyMemory<byte>> _arrived = new();
    private ReadOnlyMemory<byte> _head;
    private int _wireBytes;
    private int _arrivedBytes;
    private long _lastArrivalTicks;
    private SimEvent? _nextArrival;
    private bool _finishing;
    private bool _finished;
    private TaskCompletionSource? _readable;
    private TaskCompletionSource? _writable;

    public SimStream(SimNetwork network, SimRoute route)
    {
        _network = network;
        Route = route;
        _random = network.Random;
    }

    public SimRoute Route { get; }

    /// <summary>Why the stream is broken, as its ends are told; null while it isn't.</summary>
    public string? Broken { get; private set; }

    /// <summary>True once the far end's machine is off: nothing arrives and nobody is told.</summary>
    public bool HasVanished { get; set; }

    public bool HasUnsentBytes => _wireBytes > 0;

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfBroken();
            var room = _network.Options.WindowBytes - _wireBytes - _arrivedBytes;
            if (room <= 0)
            {
                await WaitAsync(_writable = NewWait(), cancellationToken);
                continue;
            }

            var count = Math.Min(Math.Min(bytes.Length, room), _network.Options.SegmentBytes);
            if (_random.Chance(_network.Options.ShortSegmentProbability))
            {
                count = _random.Next(1, count + 1);
            }

            _onTheWire.Enqueue(bytes[..count].ToArray());
            _wireBytes += count;
            bytes = bytes[count..];
            ArmArrival();
        }
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_arrivedBytes == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfBroken();
            if (_finished)
            {
                return 0;
            }

            await WaitAsync(_readable = NewWait(), cancellationToken);
        }

        while (_head.IsEmpty)
        {
            _head = _arrived.Dequeue();
        }

        var count = Math.Min(_head.Length, buffer.Length);
        _head[..count].CopyTo(buffer);
        _head = _head[count..];
        _arrivedBytes -= count;
        Wake(ref _writable);
        return count;
    }

    /// <summary>The sender closes its end: the receiver sees the end of the stream after the last byte.</summary>
    public void Finish()
    {
        _finishing = true;
        ArmArrival();
    }

    /// <summary>The connection is gone; by seed some of what was on the wire still arrives first.</summary>
    public void Break(string why)
    {
        if (Broken is not null)
        {
            return;
        }

        Broken = why;
        _nextArrival?.Cancel();
        while (_onTheWire.TryDequeue(out var piece) && !Route.IsBlocked && _random.Chance(0.5))
        {
            var count = _random.Next(piece.Length + 1);
            _arrived.Enqueue(piece.AsMemory(0, count));
            _arrivedBytes += count;
            if (count < piece.Length)
            {
                break;
            }
        }

        _onTheWire.Clear();
        _wireBytes = 0;
        Wake(ref _readable);
        Wake(ref _writable);
    }

    /// <summary>The route works again: what waited is sent anew.</summary>
    public void Resume()
    {
        if (_nextArrival is null)
        {
            ArmArrival(_random.Between(TimeSpan.Zero, _network.Options.RetransmitDelay));
        }
    }

    private void ArmArrival(TimeSpan extra = default)
    {
        if (_nextArrival is not null || Broken is not null || Route.IsBlocked || HasVanished || (_wireBytes == 0 && !_finishing))
        {
            return;
        }

        var options = _network.Options;
        var bytes = _onTheWire.TryPeek(out var piece) ? piece.Length : 0;
        var now = _network.Scheduler.Now.Ticks;
        var transfer = bytes * TimeSpan.TicksPerSecond / options.BytesPerSecond;
        var travel = (options.Latency + _random.Between(TimeSpan.Zero, options.Jitter) + extra).Ticks;

        // pieces follow each other at the wire's pace: only the first of a burst pays the latency
        var due = Math.Max(_lastArrivalTicks, now + travel) + transfer;
        if (_lastArrivalTicks > now - options.Latency.Ticks && extra == default)
        {
            due = Math.Max(now, _lastArrivalTicks) + transfer;
        }

        _nextArrival = _network.Scheduler.Schedule(new TimeSpan(due - now), Arrive, "arrival", _network.Actor);
    }

    private void Arrive()
    {
        _nextArrival = null;
        if (Broken is not null || Route.IsBlocked || HasVanished)
        {
            return;
        }

        _lastArrivalTicks = _network.Scheduler.Now.Ticks;
        if (_onTheWire.TryDequeue(out var piece))
        {
            _wireBytes -= piece.Length;
            _arrived.Enqueue(piece);
            _arrivedBytes += piece.Length;
        }
        else if (_finishing)
        {
            _finished = true;
            _finishing = false;
        }

        Wake(ref _readable);
        ArmArrival();
    }

    private void ThrowIfBroken()
    {
        if (Broken is { } why)
        {
            throw new IOException($"The link {Route} is cut: {why}.");
        }
    }

    private static TaskCompletionSource NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Wake(ref TaskCompletionSource? wait)
    {
        wait?.TrySetResult();
        wait = null;
    }

    private static async ValueTask WaitAsync(TaskCompletionSource wait, CancellationToken cancellationToken)
    {
        using (cancellationToken.Register(() => wait.TrySetCanceled(cancellationToken)))
        {
            await wait.Task;
        }
    }
}
