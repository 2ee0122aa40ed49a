using MirrorTools.Agent.State;

namespace MirrorTools.Agent.Pairs.Making;

/// <summary>
/// The pairs in the making, in a file of the state directory: what a start after a kill takes back. A change is durable before it counts.
/// Site 1 drops a pair when it is in the index. Site 2 keeps it until the other agent opens the pair's first channel, and so has it in its index: until then the pair may come to nothing.
/// </summary>
/// <param name="paths">Where the file is.</param>
/// <param name="logger">For what stands in the way of a note.</param>
internal sealed partial class UnfinishedPairs(StatePaths paths, ILogger<UnfinishedPairs> logger)
{
    private readonly Lock _gate = new();
    private readonly JsonTable<UnfinishedPair> _table = new(paths.Making);
    private List<UnfinishedPair>? _pairs;

    /// <summary>All of them.</summary>
    public IReadOnlyList<UnfinishedPair> List()
    {
        lock (_gate)
        {
            return [.. Pairs()];
        }
    }

    /// <summary>The pair of that id; null where there is none.</summary>
    public UnfinishedPair? Find(Guid pairId)
    {
        lock (_gate)
        {
            return Pairs().Find(pair => pair.PairId == pairId);
        }
    }

    /// <summary>Notes that a pair's making begins.</summary>
    public void Begin(UnfinishedPair pair)
    {
        lock (_gate)
        {
            Replace([.. Pairs().Where(other => other.PairId != pair.PairId), pair]);
        }
    }

    /// <summary>Notes the other agent, which may have made its side from now on; null where it is certain that it has none.</summary>
    public void SetPeer(Guid pairId, Guid? peer) => Change(pairId, pair => pair with { PeerAgentId = peer });

    /// <summary>Notes a file: before it is made by its path alone, and with all that is known of it afterwards.</summary>
    public void Note(Guid pairId, MadeFile file) => Change(pairId, pair => pair with { Files = [.. pair.Files.Where(other => other.Path != file.Path), file] });

    /// <summary>Notes that a file was not made, or was taken back.</summary>
    public void Forget(Guid pairId, string path) => Change(pairId, pair => pair with { Files = [.. pair.Files.Where(other => other.Path != path)] });

    /// <summary>Drops a pair: it is made, or nothing is left of it.</summary>
    /// <returns>False where it was dropped before.</returns>
    public bool Drop(Guid pairId)
    {
        lock (_gate)
        {
            if (!Pairs().Exists(pair => pair.PairId == pairId))
            {
                return false;
            }

            Replace([.. Pairs().Where(pair => pair.PairId != pairId)]);
            return true;
        }
    }

    /// <summary>
    /// Drops a pair, or only its files, where a note that can't be written must not stand in the way: of a pair that is in the index, or whose files are taken back. The next start finds the old
    /// note and comes to the same end.
    /// </summary>
    public void TryDrop(Guid pairId, bool onlyFiles = false)
    {
        try
        {
            if (onlyFiles)
            {
                Change(pairId, pair => pair with { Files = [] });
            }
            else
            {
                Drop(pairId);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogKept(logger, pairId, error);
        }
    }

    [LoggerMessage(310, LogLevel.Warning, "The making of the pair {PairId} is over; that could not be noted")]
    private static partial void LogKept(ILogger logger, Guid pairId, Exception error);

    private void Change(Guid pairId, Func<UnfinishedPair, UnfinishedPair> change)
    {
        lock (_gate)
        {
            Replace([.. Pairs().Select(pair => pair.PairId == pairId ? change(pair) : pair)]);
        }
    }

    private List<UnfinishedPair> Pairs() => _pairs ??= _table.Load();

    private void Replace(List<UnfinishedPair> pairs)
    {
        _table.Save(pairs);
        _pairs = pairs;
    }
}
