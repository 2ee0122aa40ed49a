using MirrorTools.Agent.State;

namespace MirrorTools.Agent.Pairs;

/// <summary>The pairs this agent has a side of. A change is durable before it is seen.</summary>
/// <param name="paths">Where the index is.</param>
internal sealed class PairIndex(StatePaths paths)
{
    private readonly Lock _gate = new();
    private readonly JsonTable<PairDefinition> _table = new(paths.Pairs);
    private List<PairDefinition>? _pairs;

    /// <summary>All pairs, by name.</summary>
    public IReadOnlyList<PairDefinition> List()
    {
        lock (_gate)
        {
            return [.. Pairs().OrderBy(pair => pair.Name, StringComparer.OrdinalIgnoreCase)];
        }
    }

    /// <summary>Adds a pair, or replaces the one with its id.</summary>
    public void Put(PairDefinition pair)
    {
        lock (_gate)
        {
            Replace([.. Pairs().Where(other => other.Id != pair.Id), pair]);
        }
    }

    /// <summary>Replaces several pairs at once: after a crash all of them are as they were, or none.</summary>
    public void Put(IReadOnlyCollection<PairDefinition> pairs)
    {
        lock (_gate)
        {
            Replace([.. Pairs().Where(other => pairs.All(pair => pair.Id != other.Id)), .. pairs]);
        }
    }

    /// <summary>Forgets a pair.</summary>
    public void Remove(Guid id)
    {
        lock (_gate)
        {
            Replace([.. Pairs().Where(other => other.Id != id)]);
        }
    }

    private List<PairDefinition> Pairs() => _pairs ??= _table.Load();

    private void Replace(List<PairDefinition> pairs)
    {
        _table.Save(pairs);
        _pairs = pairs;
    }
}
