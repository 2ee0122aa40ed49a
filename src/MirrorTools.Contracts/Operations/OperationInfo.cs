using MirrorTools.Contracts.Errors;
using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Operations;

/// <summary>A long operation that the agent goes on with when nobody watches.</summary>
[DataContract]
public sealed class OperationInfo
{
    /// <summary>Its id.</summary>
    [DataMember(Name = "id")]
    public string Id { get => field ?? ""; set; }

    /// <summary>What it does, such as <c>ExportPoint</c>.</summary>
    [DataMember(Name = "kind")]
    public string Kind { get => field ?? ""; set; }

    /// <summary>What it is about: a pair, a path.</summary>
    [DataMember(Name = "target")]
    public string Target { get => field ?? ""; set; }

    /// <summary>A name of <see cref="OperationState"/>.</summary>
    [DataMember(Name = "state")]
    public string State { get => field ?? ""; set; }

    /// <summary>When it started (ISO 8601, UTC).</summary>
    [DataMember(Name = "startedAt")]
    public string StartedAt { get => field ?? ""; set; }

    /// <summary>When it ended (ISO 8601, UTC).</summary>
    [DataMember(Name = "endedAt", EmitDefaultValue = false)]
    public string? EndedAt { get; set; }

    /// <summary>Bytes to process.</summary>
    [DataMember(Name = "bytesTotal")]
    public long BytesTotal { get; set; }

    /// <summary>Bytes processed; never more than the total.</summary>
    [DataMember(Name = "bytesDone")]
    public long BytesDone { get; set; }

    /// <summary>The rate of the last seconds.</summary>
    [DataMember(Name = "bytesPerSecond")]
    public long BytesPerSecond { get; set; }

    /// <summary>The time left at that rate.</summary>
    [DataMember(Name = "timeLeftMs", EmitDefaultValue = false)]
    public long? TimeLeftMs { get; set; }

    /// <summary>Why it failed.</summary>
    [DataMember(Name = "error", EmitDefaultValue = false)]
    public ErrorBody? Error { get; set; }
}
