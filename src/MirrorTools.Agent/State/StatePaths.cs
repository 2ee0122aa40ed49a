using MirrorTools.Contracts.State;

namespace MirrorTools.Agent.State;

/// <summary>Where things are in a state directory (docs/formats/state-directory.md).</summary>
/// <param name="directory">The state directory, absolute.</param>
public sealed class StatePaths(string directory)
{
    /// <summary>The state directory.</summary>
    public string Directory { get; } = directory;

    /// <summary>Held open for as long as the agent runs.</summary>
    public string Lock => Path.Combine(Directory, StateFiles.Lock);

    /// <summary>The process that holds the lock.</summary>
    public string ProcessId => Path.Combine(Directory, "agent.pid");

    /// <summary>Where the API answers.</summary>
    public string Record => Path.Combine(Directory, StateFiles.Record);

    /// <summary>The bearer token.</summary>
    public string Token => Path.Combine(Directory, StateFiles.Token);

    /// <summary>The index of pairs.</summary>
    public string Pairs => Path.Combine(Directory, "pairs.json");

    /// <summary>The pairs in the making.</summary>
    public string Making => Path.Combine(Directory, "making.json");

    /// <summary>The attachments that a restart brings back.</summary>
    public string Attachments => Path.Combine(Directory, "attachments.json");

    /// <summary>What storages looked like at their clean close.</summary>
    public string Stamps => Path.Combine(Directory, "stamps.json");

    /// <summary>The second copies of dirty-region logs that no storage has a directory for.</summary>
    public string RegionLogs => Path.Combine(Directory, "regions");

    /// <summary>The event log.</summary>
    public string Events => Path.Combine(Directory, "events");

    /// <summary>The log files.</summary>
    public string Logs => Path.Combine(Directory, "logs");
}
