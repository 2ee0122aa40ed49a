using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Agents;

/// <summary>An agent as it describes itself.</summary>
[DataContract]
public sealed class AgentInfo
{
    /// <summary>The agent's 128-bit id, as a GUID.</summary>
    [DataMember(Name = "agentId")]
    public string AgentId { get => field ?? ""; set; }

    /// <summary>The agent's name.</summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>The product version.</summary>
    [DataMember(Name = "version")]
    public string Version { get => field ?? ""; set; }

    /// <summary>The versions of the control API it answers, newest first, such as <c>v1</c>.</summary>
    [DataMember(Name = "apiVersions")]
    public List<string> ApiVersions { get => field ??= []; set; }

    /// <summary>The id of the agent's process.</summary>
    [DataMember(Name = "processId")]
    public int ProcessId { get; set; }

    /// <summary>When it started (ISO 8601, UTC).</summary>
    [DataMember(Name = "startedAt")]
    public string StartedAt { get => field ?? ""; set; }

    /// <summary>The state directory, an absolute path.</summary>
    [DataMember(Name = "stateDirectory")]
    public string StateDirectory { get => field ?? ""; set; }

    /// <summary>The base address of the control API.</summary>
    [DataMember(Name = "apiAddress")]
    public string ApiAddress { get => field ?? ""; set; }

    /// <summary>The address other agents connect to, as <c>host:port</c>; absent when it does not listen.</summary>
    [DataMember(Name = "linkAddress", EmitDefaultValue = false)]
    public string? LinkAddress { get; set; }

    /// <summary>SHA-256 over the public key that peers pin, in hexadecimal.</summary>
    [DataMember(Name = "certificateFingerprint", EmitDefaultValue = false)]
    public string? CertificateFingerprint { get; set; }

    /// <summary>The configuration file that was read.</summary>
    [DataMember(Name = "configPath", EmitDefaultValue = false)]
    public string? ConfigPath { get; set; }

    /// <summary>The operating system it runs on.</summary>
    [DataMember(Name = "operatingSystem")]
    public string OperatingSystem { get => field ?? ""; set; }

    /// <summary>How many pairs it knows.</summary>
    [DataMember(Name = "pairCount")]
    public int PairCount { get; set; }

    /// <summary>How many cycles run now.</summary>
    [DataMember(Name = "runningCycleCount")]
    public int RunningCycleCount { get; set; }
}
