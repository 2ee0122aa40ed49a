using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>Arrivals and host writes that wait until the grains they overwrite are on D durably (F-14).</summary>
internal sealed class SettledWaiters(TargetMaps maps)
{
    private readonly List<(GrainRange Grains, TaskCompletionSource Settled)> _waiting = [];

    /// <summary>True where somebody waits.</summary>
    public bool Any => _waiting.Count > 0;

    /// <summary>Completes when the grains are settled.</summary>
    public Task WaitAsync(GrainRange grains)
    {
        TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((grains, settled));
        return settled.Task;
    }

    /// <summary>The grains that are waited for and not copied yet, in order, each once; no more than <paramref name="most"/>.</summary>
    public SortedSet<long> Wanted(long most)
    {
        SortedSet<long> wanted = [];
        foreach ((GrainRange grains, _) in _waiting)
        {
            for (long grain = maps.Copied.NextClear(grains.First); grain < grains.End && wanted.Count < most; grain = maps.Copied.NextClear(grain + 1))
            {
                wanted.Add(grain);
            }
        }

        return wanted;
    }

    /// <summary>Grains were settled: lets those go on who waited for no more than is settled now.</summary>
    public void Release()
    {
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            if (maps.Settled.AllSet(_waiting[i].Grains))
            {
                TaskCompletionSource settled = _waiting[i].Settled;
                _waiting.RemoveAt(i);
                settled.TrySetResult();
            }
        }
    }

    /// <summary>Nothing will be settled: fails all waits.</summary>
    /// <param name="exception">Makes the exception of each.</param>
    public void Fail(Func<Exception> exception)
    {
        foreach ((_, TaskCompletionSource settled) in _waiting)
        {
            settled.TrySetException(exception());
        }

        _waiting.Clear();
    }
}
