using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>The runs that the copier has taken and not finished: those whose step works on A and B, and those that wait for site 2. No two of them overlap. On the pair's scheduler.</summary>
/// <param name="sender">Who knows the latter.</param>
internal sealed class RunsUnderWay(GrainSender sender)
{
    private readonly List<CopyRun> _local = [];

    /// <summary>How many runs have a step that works on them.</summary>
    public int LocalCount => _local.Count;

    /// <summary>A step begins.</summary>
    public void Begin(CopyRun run) => _local.Add(run);

    /// <summary>A step has ended; the run may be waiting for site 2.</summary>
    public void End(CopyRun run) => _local.Remove(run);

    /// <summary>Where a grain is on its way already: the end of that run.</summary>
    public long? EndOfBusy(long grain)
    {
        GrainRange range = new(grain, 1);
        foreach (CopyRun run in _local)
        {
            if (run.Overlaps(range))
            {
                return run.Grains.End;
            }
        }

        foreach (CopyRun run in sender.Unacknowledged)
        {
            if (run.Overlaps(range))
            {
                return run.Grains.End;
            }
        }

        return null;
    }

    /// <summary>Cuts a range that begins with a free grain to where the next run begins.</summary>
    /// <returns>The end of what is free.</returns>
    public long EndOfFree(long first, long end)
    {
        foreach (CopyRun busy in _local.Concat(sender.Unacknowledged))
        {
            if (busy.Grains.First > first)
            {
                end = Math.Min(end, busy.Grains.First);
            }
        }

        return end;
    }

    /// <summary>True where the grain is on its way to C.</summary>
    public bool IsBoundForC(long grain)
    {
        GrainRange range = new(grain, 1);
        return sender.Unacknowledged.Any(run => run.Overlaps(range)) || _local.Any(run => run.NeedsC && run.Overlaps(range));
    }
}
