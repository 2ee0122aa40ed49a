namespace MirrorTools.Agent.Pairs;

/// <summary>One side of a pair: its agent, and where everything of it is on that agent's machine. Paths are absolute.</summary>
/// <param name="AgentId">The agent.</param>
/// <param name="AgentName">Its name when the pair was made.</param>
/// <param name="Volume">A at site 1, D at site 2.</param>
/// <param name="Intermediate">B at site 1, C at site 2; with AsyncCopy each site's area of preserved grains.</param>
/// <param name="Metadata">The file of maps, points and generations.</param>
/// <param name="RegionLog">The second copy of the dirty-region log, on another device where there is one.</param>
public sealed record SiteDefinition(Guid AgentId, string AgentName, string Volume, string Intermediate, string Metadata, string RegionLog)
{
    /// <summary>The storages of the side.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<string> Storages => [Volume, Intermediate];
}
