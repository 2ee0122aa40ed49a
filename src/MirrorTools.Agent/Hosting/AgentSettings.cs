using System.Net;
using MirrorTools.Contracts.State;

namespace MirrorTools.Agent.Hosting;

/// <summary>Everything the command line and the configuration file may choose.</summary>
public sealed record AgentSettings
{
    /// <summary>The state directory, absolute.</summary>
    public string StateDirectory { get; init; } = StateDirectories.Discover();

    /// <summary>The configuration file that was read, or null.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>The agent's name.</summary>
    public string Name { get; init; } = Environment.MachineName;

    /// <summary>Where peers connect; empty: this agent only connects to others.</summary>
    public IReadOnlyList<IPEndPoint> LinkEndPoints { get; init; } = [];

    /// <summary>What pairing codes tell peers to connect to, <c>host:port</c>; derived from the end points where empty.</summary>
    public IReadOnlyList<string> AdvertisedAddresses { get; init; } = [];

    /// <summary>The control API's port on loopback; 0 takes a free one.</summary>
    public int ApiPort { get; init; }

    /// <summary>Whether link payloads are compressed where the peer agrees.</summary>
    public bool Compression { get; init; }

    /// <summary>What is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>The process whose end ends this one; null for none.</summary>
    public int? ParentProcessId { get; init; }

    /// <summary>True to end when standard input is closed, which the system does when a parent dies.</summary>
    public bool DieWithParent { get; init; }
}
