using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Agents;

namespace MirrorTools.Cmdlets.Agents;

/// <summary>A running agent, or one that left its record.</summary>
public sealed class MirrorAgent
{
    internal MirrorAgent(AgentInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        AgentName = info.Name;
        AgentId = info.AgentId;
        State = "Running";
        Version = info.Version;
        ProcessId = info.ProcessId;
        StartedAt = WireTime.Read(info.StartedAt);
        StateDirectory = info.StateDirectory;
        ApiAddress = info.ApiAddress;
        LinkAddress = info.LinkAddress;
        CertificateFingerprint = info.CertificateFingerprint;
        ConfigPath = info.ConfigPath;
        OperatingSystem = info.OperatingSystem;
        PairCount = info.PairCount;
        RunningCycleCount = info.RunningCycleCount;
    }

    /// <summary>Its name.</summary>
    public string AgentName { get; }

    /// <summary>Its 128-bit id.</summary>
    public string AgentId { get; }

    /// <summary><c>Running</c>.</summary>
    public string State { get; }

    /// <summary>The product version.</summary>
    public string Version { get; }

    /// <summary>The id of its process.</summary>
    public int ProcessId { get; }

    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; }

    /// <summary>Its state directory.</summary>
    public string StateDirectory { get; }

    /// <summary>Where its control API answers.</summary>
    public string ApiAddress { get; }

    /// <summary>Where other agents connect; nothing if it does not listen.</summary>
    public string? LinkAddress { get; }

    /// <summary>What peers pin: SHA-256 over its public key.</summary>
    public string? CertificateFingerprint { get; }

    /// <summary>The configuration file it read.</summary>
    public string? ConfigPath { get; }

    /// <summary>What it runs on.</summary>
    public string OperatingSystem { get; }

    /// <summary>How many pairs it knows.</summary>
    public int PairCount { get; }

    /// <summary>How many cycles run now.</summary>
    public int RunningCycleCount { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => AgentName;
}
