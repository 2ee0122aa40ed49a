namespace MirrorTools.Simulation.Links;

/// <summary>What the wires between sites are like.</summary>
public sealed record SimLinkOptions
{
    /// <summary>The time a byte takes at least, one way.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMicroseconds(300);

    /// <summary>What it may take more.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Bytes per second in each direction.</summary>
    public long BytesPerSecond { get; init; } = 125_000_000;

    /// <summary>The most bytes that a sender may be ahead of the receiver, as socket buffers bound it.</summary>
    public int WindowBytes { get; init; } = 256 * 1024;

    /// <summary>The largest piece that arrives at once.</summary>
    public int SegmentBytes { get; init; } = 16 * 1024;

    /// <summary>How often a piece is cut shorter at a random byte, so that frames arrive in parts.</summary>
    public double ShortSegmentProbability { get; init; } = 0.2;

    /// <summary>After how long a connect that nobody answers gives up.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the first retransmission after an outage takes at most.</summary>
    public TimeSpan RetransmitDelay { get; init; } = TimeSpan.FromMilliseconds(400);
}
