namespace MirrorTools.Agent.Link;

/// <summary>What a link's listener has turned away, since the agent started.</summary>
public sealed class LinkCounters
{
    private long _accepted;
    private long _unknownKeys;
    private long _failedHandshakes;
    private long _turnedAway;
    private long _failedPairings;

    /// <summary>Connections that were taken.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Connections that were closed because their key is not trusted.</summary>
    public long UnknownKeys => Interlocked.Read(ref _unknownKeys);

    /// <summary>Connections that were closed because they spoke no TLS, an old one, showed no certificate, or took too long.</summary>
    public long FailedHandshakes => Interlocked.Read(ref _failedHandshakes);

    /// <summary>Connections that were closed at once because too many were shaking hands.</summary>
    public long TurnedAway => Interlocked.Read(ref _turnedAway);

    /// <summary>Attempts at pairing that failed.</summary>
    public long FailedPairings => Interlocked.Read(ref _failedPairings);

    internal void CountAccepted() => Interlocked.Increment(ref _accepted);

    internal void CountUnknownKey() => Interlocked.Increment(ref _unknownKeys);

    internal void CountFailedHandshake() => Interlocked.Increment(ref _failedHandshakes);

    internal void CountTurnedAway() => Interlocked.Increment(ref _turnedAway);

    internal void CountFailedPairing() => Interlocked.Increment(ref _failedPairings);
}
