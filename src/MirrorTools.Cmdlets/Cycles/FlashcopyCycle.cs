using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Cycles;

namespace MirrorTools.Cmdlets.Cycles;

/// <summary>One cycle of a pair; its number is the number of its consistency point.</summary>
public sealed class FlashcopyCycle
{
    internal FlashcopyCycle(CycleInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        Pair = info.Pair;
        PairId = info.PairId;
        Number = info.Number;
        State = info.State;
        Reason = info.Reason;
        PointTime = WireTime.Read(info.PointTime);
        CompletedAt = WireTime.Read(info.CompletedAt);
        CommittedAt = WireTime.Read(info.CommittedAt);
        EndedAt = WireTime.Read(info.EndedAt);
        GrainsTotal = info.GrainsTotal;
        GrainsDone = info.GrainsDone;
        BytesTotal = info.BytesTotal;
        BytesDone = info.BytesDone;
        BytesOnLink = info.BytesOnLink;
        HoldTime = Wire.Duration(info.HoldMs);
        BytesPerSecond = info.BytesPerSecond;
        TimeLeft = Wire.Duration(info.TimeLeftMs);
        Duration = WireTime.Read(info.EndedAt) - WireTime.Read(info.PointTime);
        PercentComplete = Wire.Percent(info.GrainsDone, info.GrainsTotal, info.EndedAt is not null);
        SupersededBy = info.SupersededBy;
        ErrorId = info.ErrorId;
        Message = info.Message;
    }

    /// <summary>The pair's name.</summary>
    public string Pair { get; }

    /// <summary>The pair's id.</summary>
    public string PairId { get; }

    /// <summary>The number of the point.</summary>
    public long Number { get; }

    /// <summary><c>Copying</c>, <c>Completed</c>, <c>Committing</c>, <c>Committed</c>, <c>GivenUp</c> or <c>Superseded</c>.</summary>
    public string State { get; }

    /// <summary>Why it started.</summary>
    public string Reason { get; }

    /// <summary>t1, the instant of the point.</summary>
    public DateTimeOffset? PointTime { get; }

    /// <summary>How long hosts' writes were held for the point.</summary>
    public TimeSpan? HoldTime { get; }

    /// <summary>When the first flashcopy was complete.</summary>
    public DateTimeOffset? CompletedAt { get; }

    /// <summary>t2, when it was committed.</summary>
    public DateTimeOffset? CommittedAt { get; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; }

    /// <summary>Grains to copy.</summary>
    public long GrainsTotal { get; }

    /// <summary>Grains copied.</summary>
    public long GrainsDone { get; }

    /// <summary>Bytes to copy.</summary>
    public long BytesTotal { get; }

    /// <summary>Bytes copied.</summary>
    public long BytesDone { get; }

    /// <summary>Bytes that went over the link.</summary>
    public long BytesOnLink { get; }

    /// <summary>The rate.</summary>
    public long BytesPerSecond { get; }

    /// <summary>The time left at that rate.</summary>
    public TimeSpan? TimeLeft { get; }

    /// <summary>From t1 to the end; nothing while it runs.</summary>
    public TimeSpan? Duration { get; }

    /// <summary>0 to 100.</summary>
    public int PercentComplete { get; }

    /// <summary>The point that took its place.</summary>
    public long? SupersededBy { get; }

    /// <summary>Why it was given up.</summary>
    public string? ErrorId { get; }

    /// <summary>The same in words.</summary>
    public string? Message { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Pair} #{Number}";
}
