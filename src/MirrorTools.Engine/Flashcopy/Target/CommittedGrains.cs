using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>
/// What commits brought and D lacks, in the order in which it is copied (F-13): the oldest commit's grains first, ascending. A grain that went ahead of its turn is copied
/// already and passed by.
/// </summary>
internal sealed class CommittedGrains(TargetMaps maps, long longestRun)
{
    private readonly Queue<GrainMap> _commits = new();
    private GrainMap? _oldest;
    private long _cursor;

    /// <summary>True while there is nothing to copy.</summary>
    public bool IsEmpty => _oldest is null && _commits.Count == 0;

    /// <summary>A commit brought these grains.</summary>
    public void Enqueue(GrainMap brought) => _commits.Enqueue(brought);

    /// <summary>The next run; it counts as taken.</summary>
    public bool TryNext(out GrainRange run)
    {
        while (true)
        {
            if (_oldest is null)
            {
                if (!_commits.TryDequeue(out _oldest))
                {
                    run = default;
                    return false;
                }

                _cursor = 0;
            }

            _cursor = _oldest.NextSet(_cursor);
            if (_cursor >= maps.Geometry.GrainCount)
            {
                _oldest = null;
                continue;
            }

            if (maps.Copied[_cursor])
            {
                _cursor++;
                continue;
            }

            long end = Math.Min(Math.Min(_oldest.RunEnd(_cursor), maps.Copied.RunEnd(_cursor)), _cursor + longestRun);
            run = new GrainRange(_cursor, end - _cursor);
            _cursor = end;
            return true;
        }
    }
}
