using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.State;

namespace MirrorTools.Agent.Trust;

/// <summary>The trusted peers, in one file of the state directory that is replaced whole at each change (docs/formats/trust-store.md).</summary>
public sealed class TrustStore
{
    /// <summary>The file in the state directory.</summary>
    public const string FileName = "trusts.json";

    private readonly Lock _gate = new();
    private readonly JsonTable<TrustedPeer> _table;
    private readonly string _path;
    private IReadOnlyList<TrustedPeer> _peers;

    private TrustStore(string path)
    {
        _path = path;
        _table = new JsonTable<TrustedPeer>(path);
        _peers = Sort(_table.Load());
    }

    /// <summary>Raised after a peer was added or changed, durably.</summary>
    public event Action<TrustedPeer>? Added;

    /// <summary>Raised after a peer was removed, durably.</summary>
    public event Action<TrustedPeer>? Removed;

    /// <summary>Reads the store of <paramref name="stateDirectory"/>; empty where there is none.</summary>
    /// <exception cref="TrustException">The file is there and cannot be read (<see cref="TrustErrorId.TrustStoreFailed"/>).</exception>
    public static TrustStore Open(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, FileName);
        try
        {
            return new TrustStore(path);
        }
        catch (Exception error) when (error is AgentStartException or IOException or UnauthorizedAccessException)
        {
            throw Failed(path, "read", error);
        }
    }

    /// <summary>All trusted peers, by name.</summary>
    public IReadOnlyList<TrustedPeer> List() => Volatile.Read(ref _peers);

    /// <summary>The peer with that id, or null.</summary>
    public TrustedPeer? Find(Guid agentId) => List().FirstOrDefault(peer => peer.AgentId == agentId);

    /// <summary>The peer whose public key has that fingerprint, or null.</summary>
    public TrustedPeer? FindByFingerprint(string fingerprint) =>
        List().FirstOrDefault(peer => string.Equals(peer.Fingerprint, fingerprint, StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds a peer, or replaces the one with its id or key; a name that another peer has gets a number.</summary>
    /// <returns>The peer as it was stored.</returns>
    /// <exception cref="TrustException">The file cannot be written; nothing has changed.</exception>
    internal TrustedPeer Add(TrustedPeer peer)
    {
        List<TrustedPeer> displaced;
        lock (_gate)
        {
            displaced = [.. _peers.Where(other => other.AgentId != peer.AgentId && other.Fingerprint == peer.Fingerprint)];
            var others = _peers.Where(other => other.AgentId != peer.AgentId && other.Fingerprint != peer.Fingerprint).ToList();
            peer = peer with { Name = FreeName(peer.Name, others) };
            Save([.. others, peer]);
        }

        displaced.ForEach(other => Removed?.Invoke(other));
        Added?.Invoke(peer);
        return peer;
    }

    /// <summary>Removes a peer; null where there is none.</summary>
    /// <exception cref="TrustException">The file cannot be written; nothing has changed.</exception>
    internal TrustedPeer? Remove(Guid agentId)
    {
        TrustedPeer? removed;
        lock (_gate)
        {
            removed = Find(agentId);
            if (removed is null)
            {
                return null;
            }

            Save([.. _peers.Where(peer => peer != removed)]);
        }

        Removed?.Invoke(removed);
        return removed;
    }

    private static TrustException Failed(string path, string what, Exception error) => new(
        TrustErrorId.TrustStoreFailed, $"The trusted agents in '{path}' can't be {what}: {error.Message}", error);

    private static string FreeName(string name, List<TrustedPeer> others)
    {
        string free = name;
        for (int number = 2; others.Any(other => string.Equals(other.Name, free, StringComparison.OrdinalIgnoreCase)); number++)
        {
            free = $"{name}-{number}";
        }

        return free;
    }

    private static List<TrustedPeer> Sort(IEnumerable<TrustedPeer> peers) => [.. peers.OrderBy(peer => peer.Name, StringComparer.OrdinalIgnoreCase)];

    private void Save(List<TrustedPeer> peers)
    {
        try
        {
            _table.Save(peers);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failed(_path, "written", error);
        }

        Volatile.Write(ref _peers, Sort(peers));
    }
}
