using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Operations;

namespace MirrorTools.Cmdlets.Points;

/// <summary>A point written into a raw image file.</summary>
public sealed class ConsistencyPointExport
{
    internal ConsistencyPointExport(OperationInfo info, ConsistencyPoint point, string path, MirrorAgentReference agent)
    {
        Agent = agent;
        Pair = point.Pair;
        Number = point.Number;
        PointTime = point.PointTime;
        Path = path;
        OperationId = info.Id;
        State = info.State;
        BytesTotal = info.BytesTotal;
        BytesDone = info.BytesDone;
        StartedAt = WireTime.Read(info.StartedAt);
        EndedAt = WireTime.Read(info.EndedAt);
        Duration = WireTime.Read(info.EndedAt) - WireTime.Read(info.StartedAt);
    }

    /// <summary>The pair's name.</summary>
    public string Pair { get; }

    /// <summary>The point's number.</summary>
    public long Number { get; }

    /// <summary>Its t1.</summary>
    public DateTimeOffset? PointTime { get; }

    /// <summary>The file, on the agent's machine.</summary>
    public string Path { get; }

    /// <summary>The agent's operation.</summary>
    public string OperationId { get; }

    /// <summary><c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Canceled</c>.</summary>
    public string State { get; }

    /// <summary>Bytes to process.</summary>
    public long BytesTotal { get; }

    /// <summary>Bytes processed.</summary>
    public long BytesDone { get; }

    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; }

    /// <summary>How long it took.</summary>
    public TimeSpan? Duration { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
