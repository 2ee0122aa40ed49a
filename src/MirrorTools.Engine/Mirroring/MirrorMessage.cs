namespace MirrorTools.Engine.Mirroring;

/// <summary>
/// The messages of the flashcopy service, carried as <see cref="Link.PeerMessage.Kind"/>; docs/formats/mirror-messages.md has the fields of each.
/// S: sent by the source's side, T: by the target's.
/// </summary>
internal static class MirrorMessage
{
    /// <summary>S: opens the conversation. Payload: <see cref="PeerGreeting"/>.</summary>
    public const ushort SourceHello = 1;

    /// <summary>T: answers. Payload: <see cref="PeerGreeting"/>; Subject: the target's instance.</summary>
    public const ushort TargetHello = 2;

    /// <summary>T: C does not hold these grains of the cycle any more (F-21). Ended by <see cref="LostEnd"/>.</summary>
    public const ushort LostGrains = 3;

    /// <summary>T: no more lost grains.</summary>
    public const ushort LostEnd = 4;

    /// <summary>S: a consistency point was taken. Payload: t1.</summary>
    public const ushort BeginPoint = 5;

    /// <summary>S: a run of grains of the point.</summary>
    public const ushort GrainData = 6;

    /// <summary>S: a run of grains that are zeros.</summary>
    public const ushort ZeroGrains = 7;

    /// <summary>T: the run is on C.</summary>
    public const ushort Acknowledge = 8;

    /// <summary>S: the first flashcopy is complete (F-8). Subject: the instance that has the grains. Payload: t1.</summary>
    public const ushort Complete = 9;

    /// <summary>T: the point is committed (F-9). Subject: the point's id. Payload: t1, t2.</summary>
    public const ushort Committed = 10;

    /// <summary>T: the point can't be prepared; Status: <see cref="PrepareRefusal"/>; Subject: the target's instance.</summary>
    public const ushort Refused = 11;

    /// <summary>S: the point is given up.</summary>
    public const ushort GiveUp = 12;

    /// <summary>T: a storage of site 2 failed; Status: a <see cref="Pairs.SuspendReason"/>. Payload: UTF-8 text.</summary>
    public const ushort TargetFault = 13;

    /// <summary>T: these grains may differ at the former source (F-16). Ended by <see cref="DifferencesEnd"/>.</summary>
    public const ushort Differences = 14;

    /// <summary>T: no more differences.</summary>
    public const ushort DifferencesEnd = 15;

    /// <summary>S: the differences are durable at the new source.</summary>
    public const ushort DifferencesTaken = 16;

    /// <summary>S: asks for the hashes of a run of grains, as a commit would show them if nothing more was sent.</summary>
    public const ushort HashRequest = 17;

    /// <summary>T: the hashes. Payload: 32 bytes a grain (SHA-256).</summary>
    public const ushort Hashes = 18;

    /// <summary>T: all that was committed is on D. Point: the last commit.</summary>
    public const ushort SecondFlashcopyDone = 19;

    /// <summary>T: a group's point is prepared here; its lead decides (F-9). Subject: the target's instance.</summary>
    public const ushort Prepared = 20;

    /// <summary>S: the lead of the group has committed the prepared point. Subject: the point's id. Payload: t1, t2.</summary>
    public const ushort Settle = 21;

    /// <summary>T: the prepared point was given up.</summary>
    public const ushort GivenUp = 22;

    /// <summary>S, in a group: no point is under way; what is not decided is given up (F-9).</summary>
    public const ushort NoPoint = 23;

    /// <summary>S, AsyncCopy: a part of one grain; Status: where in the grain it begins, in bytes .</summary>
    public const ushort GrainPart = 24;

    /// <summary>A flag of <see cref="Complete"/>: prepare only, another member decides. The payload ends with the lead's pair id.</summary>
    public const ushort PrepareOnly = 1;

    /// <summary>A flag of <see cref="TargetFault"/>: room is what is missing.</summary>
    public const ushort StorageIsFull = 1;
}

/// <summary>Why a member refuses to prepare a point (F-8, F-9).</summary>
internal enum PrepareRefusal : uint
{
    /// <summary>The completion names another instance than the one that answers.</summary>
    OtherInstance = 1,

    /// <summary>The point is settled or is not the one under way.</summary>
    SettledPoint = 2,

    /// <summary>C or the maps could not be flushed.</summary>
    FlushFailed = 3,

    /// <summary>The point was given up for good.</summary>
    GivenUp = 4,
}
