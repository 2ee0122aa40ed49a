namespace MirrorTools.Engine.SyncCache.Primary;

/// <summary>How a primary stands to one of the other nodes.</summary>
internal enum PeerMode
{
    /// <summary>It is left out, durably: what it lacks is recorded, and nobody waits for it (S-9).</summary>
    Absent,

    /// <summary>It takes part and can't be reached: no write is answered until it is back or its lease has run out and it is left out durably.</summary>
    Lost,

    /// <summary>It is back and gets what it lacks; nobody waits for it (S-10).</summary>
    Updating,

    /// <summary>It has what it lacked: every write waits for it, and for the own disk until it has taken the generation that admits it.</summary>
    Joining,

    /// <summary>It takes part: every write waits for its receipt (S-1).</summary>
    Mirroring,
}
