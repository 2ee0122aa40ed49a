using System.Security.Cryptography;
using System.Text;
using MirrorTools.Contracts.Agents;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.State;

namespace MirrorTools.Cmdlets.Connection;

/// <summary>
/// The state directories this user started agents on, so that an agent can be given by its name. One small file per agent below the user's
/// default state directory; losing them costs nothing but the names.
/// </summary>
internal static class KnownAgents
{
    private static string Folder => Path.Combine(StateDirectories.User, "known-agents");

    /// <summary>Remembers an agent's state directory.</summary>
    public static void Remember(string stateDirectory)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, FileName(stateDirectory)), stateDirectory);
    }

    /// <summary>The references of all agents that left a record, by name.</summary>
    public static IReadOnlyList<MirrorAgentReference> Recorded()
    {
        var found = new List<MirrorAgentReference>();
        foreach (var directory in Directories().Distinct(PathComparer))
        {
            if (TryReadRecord(directory) is { } record)
            {
                found.Add(new MirrorAgentReference(directory, record.Name));
            }
        }

        return found.OrderBy(agent => agent.AgentName, StringComparer.OrdinalIgnoreCase).ToList();
    }

    /// <summary>The agent of a name; null where none left a record.</summary>
    public static MirrorAgentReference? Find(string agentName) =>
        Recorded().FirstOrDefault(agent => string.Equals(agent.AgentName, agentName, StringComparison.OrdinalIgnoreCase));

    private static StringComparer PathComparer => Path.DirectorySeparatorChar == '\\' ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    private static string FileName(string stateDirectory)
    {
        using var hash = SHA256.Create();
        return BitConverter.ToString(hash.ComputeHash(Encoding.UTF8.GetBytes(stateDirectory)), 0, 16).Replace("-", "");
    }

    private static IEnumerable<string> Directories()
    {
        if (StateDirectories.Named is { } named)
        {
            yield return named;
        }

        yield return StateDirectories.User;
        yield return StateDirectories.Service;
        if (!Directory.Exists(Folder))
        {
            yield break;
        }

        foreach (var file in Directory.EnumerateFiles(Folder))
        {
            yield return File.ReadAllText(file).Trim();
        }
    }

    /// <summary>
    /// The record in a state directory; null also where it is another account's, or torn: not an agent that can be given by name, and no reason to
    /// fail a list of the others.
    /// </summary>
    public static AgentRecord? TryReadRecord(string directory)
    {
        try
        {
            return directory.Length == 0 ? null : MirrorAgentClient.ReadRecord(directory);
        }
        catch (MirrorApiException)
        {
            return null;
        }
    }
}
