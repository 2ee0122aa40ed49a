using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;

namespace MirrorTools.Engine.Copying;

/// <summary>The runs that travel to C: hands them to the link and remembers which of them site 2 has not acknowledged. On the pair's scheduler.</summary>
internal sealed class GrainSender
{
    private readonly Dictionary<long, CopyRun> _unacknowledged = [];
    private CancellationTokenSource _sending = new();

    /// <summary>The link to site 2 while it is up and has settled what it knows.</summary>
    public IPeerChannel? Channel { get; private set; }

    /// <summary>Bytes of grain data handed to the link since the process began; zero runs count nothing.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Grains handed to the link since the process began, zero ones included.</summary>
    public long SentGrains { get; private set; }

    /// <summary>The runs that were sent and are not acknowledged.</summary>
    public Dictionary<long, CopyRun>.ValueCollection Unacknowledged => _unacknowledged.Values;

    /// <summary>The link is up.</summary>
    public void Attach(IPeerChannel channel) => Channel = channel;

    /// <summary>The link is down: what was not acknowledged is still to be copied (F-20).</summary>
    public void Detach()
    {
        Channel = null;
        _unacknowledged.Clear();
    }

    /// <summary>Forgets what was sent, and ends the waits for the link's credit.</summary>
    public void Stop()
    {
        _unacknowledged.Clear();
        CancellationTokenSource sending = _sending;
        _sending = new CancellationTokenSource();
        sending.Cancel();
    }

    /// <summary>Hands a run to the link; an empty payload stands for zeros, which travel without any (F-1).</summary>
    /// <exception cref="LinkClosedException">The link was cut.</exception>
    /// <exception cref="OperationCanceledException">The copy was stopped.</exception>
    public async Task SendAsync(IPeerChannel channel, CopyRun run, ulong point, ReadOnlyMemory<byte> payload)
    {
        _unacknowledged[run.Grains.First] = run;
        PeerMessage message = new(
            run.IsPart ? MirrorMessage.GrainPart : payload.IsEmpty ? MirrorMessage.ZeroGrains : MirrorMessage.GrainData,
            0, (uint)run.SkipBytes, point, run.Grains.First, run.Grains.Count, Guid.Empty);
        SentBytes += payload.Length;
        SentGrains += run.Grains.Count;
        await channel.SendAsync(message, payload, _sending.Token);
    }

    /// <summary>True where the run is on its way.</summary>
    public bool Awaits(CopyRun run) => _unacknowledged.TryGetValue(run.Grains.First, out CopyRun? sent) && sent == run;

    /// <summary>True where a run of exactly these grains is on its way.</summary>
    public bool Awaits(GrainRange grains) => _unacknowledged.TryGetValue(grains.First, out CopyRun? sent) && sent.Grains == grains;

    /// <summary>C has a run.</summary>
    public void Acknowledged(GrainRange grains) => _unacknowledged.Remove(grains.First);
}
