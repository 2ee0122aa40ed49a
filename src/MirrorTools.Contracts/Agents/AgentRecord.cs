using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Agents;

/// <summary>
/// The file <c>agent.json</c> in a state directory: where the running agent answers. Written when the API answers, removed at a clean stop.
/// </summary>
[DataContract]
public sealed class AgentRecord
{
    /// <summary>The agent's 128-bit id, as a GUID.</summary>
    [DataMember(Name = "agentId")]
    public string AgentId { get => field ?? ""; set; }

    /// <summary>The agent's name.</summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>The base address of the control API, such as <c>http://127.0.0.1:41234</c>.</summary>
    [DataMember(Name = "apiAddress")]
    public string ApiAddress { get => field ?? ""; set; }

    /// <summary>The id of the agent's process.</summary>
    [DataMember(Name = "processId")]
    public int ProcessId { get; set; }

    /// <summary>The product version of the agent.</summary>
    [DataMember(Name = "version")]
    public string Version { get => field ?? ""; set; }

    /// <summary>When the agent started (ISO 8601, UTC).</summary>
    [DataMember(Name = "startedAt")]
    public string StartedAt { get => field ?? ""; set; }
}
