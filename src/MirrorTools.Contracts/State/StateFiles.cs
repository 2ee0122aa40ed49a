namespace MirrorTools.Contracts.State;

/// <summary>The names of the files in a state directory that agent and cmdlets share.</summary>
public static class StateFiles
{
    /// <summary>Where the running agent answers; see <see cref="Agents.AgentRecord"/>.</summary>
    public const string Record = "agent.json";

    /// <summary>The bearer token, one line of text, readable by its owner only.</summary>
    public const string Token = "token";

    /// <summary>The lock that lets one agent per state directory run.</summary>
    public const string Lock = "agent.lock";

    /// <summary>The environment variable that names the default state directory.</summary>
    public const string Variable = "MIRRORTOOLS_STATE";
}
