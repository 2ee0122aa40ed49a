using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// Takes a new point in place of the running one because a write wants to fall before it (F-27); a run of such points that lasts longer than the link's deadline ends, and its
/// writes no longer wait for the other site.
/// </summary>
internal sealed class PointMerging(SourceCore core, SourceMaps maps, WriteWaiters waiters)
{
    private DateTimeOffset? _since;

    /// <summary>True where points were merged for longer than the link's deadline.</summary>
    public bool IsOver => _since is { } since && core.Time.GetUtcNow() - since > core.Options.LinkDeadline;

    /// <summary>A write asks for it in this state of the cycle.</summary>
    /// <returns>True where the write will fall before a new point; false where it has to do without.</returns>
    public bool Request(SourceState state)
    {
        _since ??= core.Time.GetUtcNow();
        if (state is not SourceState.Copying and not SourceState.ClosingGate and not SourceState.Merging || IsOver)
        {
            maps.Mode = maps.Mode with { WaitsForC = false };
            return false;
        }

        if (state == SourceState.Copying)
        {
            Begin();
        }

        return true;
    }

    /// <summary>Takes the new point, in the background.</summary>
    public void Begin() => _ = core.Flows.WatchAsync(MergeAsync());

    /// <summary>The run of merged points has ended with a commit or without one.</summary>
    public void End() => _since = null;

    private async Task MergeAsync()
    {
        try
        {
            await core.Group.TakePointAsync(supersede: true);
        }
        catch (PairException)
        {
            waiters.StopMerging();
        }
    }
}
