namespace MirrorTools.Engine.Volumes;

/// <summary>
/// What a consistency point closes to hold the writes of all volumes of a group (F-2). Every write passes <see cref="Requests"/>. One that is too long to be done in one piece
/// passes it piece by piece, and is inside <see cref="LongWrites"/> from its first piece to its last, so that no point falls between them (P-1); coolings and grace
/// periods wait for pieces only, since a long write waits for the slots that they make free.
/// </summary>
public sealed class WriteGate
{
    /// <summary>Creates an open gate.</summary>
    /// <param name="time">The clock of the deadlines.</param>
    public WriteGate(TimeProvider time)
    {
        Requests = new EpochGate(time);
        LongWrites = new EpochGate(time);
    }

    /// <summary>Passed by every request to a storage.</summary>
    public EpochGate Requests { get; }

    /// <summary>Held by a write of several requests. Closed before <see cref="Requests"/>, and while hosts' other writes go on.</summary>
    public EpochGate LongWrites { get; }
}
