namespace MirrorTools.Engine.SyncCache;

/// <summary>
/// The messages of synchronous cache mirroring, carried as <see cref="Link.PeerMessage.Kind"/>. Each direction of a channel is one ordered stream: a mark, a toggle and a write have one order for both ends
/// (S-3, S-4). P: sent by the node that leads, S: by the one that follows, B: by either.
/// </summary>
internal static class SyncMessage
{
    /// <summary>B: opens the conversation. Payload: <see cref="Members.SyncGreeting"/>.</summary>
    public const ushort Hello = 101;

    /// <summary>B: grains that may be unhardened here, or that this node knows the other one to lack.</summary>
    public const ushort Suspect = 102;

    /// <summary>B: no more suspects.</summary>
    public const ushort HelloEnd = 103;

    /// <summary>S: ready to follow. Status: 1 where it needs an update (S-10). Point: the last write it has of the stream in Subject. </summary>
    public const ushort Ready = 104;

    /// <summary>P: the suspects of the other node are durable here; its log may forget them.</summary>
    public const ushort Recorded = 105;

    /// <summary>P: a write. Point: its number; FirstGrain: where it begins in bytes; GrainCount: its length in bytes. Flags: <see cref="IsUpdate"/>.</summary>
    public const ushort Write = 110;

    /// <summary>P: a write of zeros, likewise.</summary>
    public const ushort Zeroes = 111;

    /// <summary>S: all writes up to Point are in the cache. Status: how full it is with unhardened data, in thousandths.</summary>
    public const ushort Received = 112;

    /// <summary>P: writes up to Point are on all nodes (S-3).</summary>
    public const ushort Settled = 113;

    /// <summary>S: a read waits for <see cref="Settled"/>.</summary>
    public const ushort AskSettled = 114;

    /// <summary>S: asks for leave to serve reads. Point: a number that the answer repeats (S-8).</summary>
    public const ushort AskLease = 115;

    /// <summary>P: it has it, from when it asked.</summary>
    public const ushort Lease = 116;

    /// <summary>P: what was received up to here is to be hardened. Point: a number that the answer repeats (S-11).</summary>
    public const ushort AskHarden = 117;

    /// <summary>S: it is.</summary>
    public const ushort Hardened = 118;

    /// <summary>P: a write is about to come to these bytes (FirstGrain, GrainCount), and its region is cold: the other one makes it hot meanwhile (S-11).</summary>
    public const ushort Warm = 119;

    /// <summary>B: a scan begins; FirstGrain: the range's place; Point: the scan (S-4).</summary>
    public const ushort ScanStarted = 120;

    /// <summary>B: the record was turned over at this place of the stream.</summary>
    public const ushort ScanAccepted = 121;

    /// <summary>B: what the old record marks is hardened.</summary>
    public const ushort ScanCompleted = 122;

    /// <summary>P: a new generation. Payload: <see cref="Members.SyncRecordCodec"/>. Status: 1 where the other node's update has ended by it (S-10).</summary>
    public const ushort Generation = 130;

    /// <summary>S: it is durable here.</summary>
    public const ushort GenerationTaken = 131;

    /// <summary>
    /// P: what a node lacks that is left out (S-9), before a generation or as a session's first. Subject: the node. Payload: <see cref="Members.LackedGrains"/>. Status: 1 where that is all, and
    /// is to be durable before anything else of the stream is looked at.
    /// </summary>
    public const ushort Lacks = 132;

    /// <summary>B: this node closes; everything is hardened.</summary>
    public const ushort Leaving = 133;

    /// <summary>B: this node's disk failed. Payload: UTF-8 text.</summary>
    public const ushort DiskFailed = 134;

    /// <summary>Flag of <see cref="Write"/> and <see cref="Zeroes"/>: a grain of the update, not a host's write.</summary>
    public const ushort IsUpdate = 1;
}
