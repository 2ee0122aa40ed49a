using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Copying;

/// <summary>Arrivals and host writes that wait until the grains they overwrite are durably somewhere else (F-14, A-6, A-9).</summary>
/// <param name="copied">Grains that are there; nothing more is done for them.</param>
/// <param name="settled">Grains that are there durably.</param>
internal sealed class SettledWaiters(GrainMap copied, GrainMap settled)
{
    private readonly List<(GrainRange Grains, TaskCompletionSource Done)> _waiting = [];

    /// <summary>True where somebody waits.</summary>
    public bool Any => _waiting.Count > 0;

    /// <summary>Completes when the grains are settled.</summary>
    public Task WaitAsync(GrainRange grains)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((grains, done));
        return done.Task;
    }

    /// <summary>The grains that are waited for and not copied yet, in order, each once; no more than <paramref name="most"/>.</summary>
    public SortedSet<long> Wanted(long most)
    {
        SortedSet<long> wanted = [];
        foreach ((GrainRange grains, _) in _waiting)
        {
            for (long grain = copied.NextClear(grains.First); grain < grains.End && wanted.Count < most; grain = copied.NextClear(grain + 1))
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
            if (settled.AllSet(_waiting[i].Grains))
            {
                TaskCompletionSource done = _waiting[i].Done;
                _waiting.RemoveAt(i);
                done.TrySetResult();
            }
        }
    }

    /// <summary>Nothing will be settled: fails all waits.</summary>
    /// <param name="exception">Makes the exception of each.</param>
    public void Fail(Func<Exception> exception)
    {
        foreach ((_, TaskCompletionSource done) in _waiting)
        {
            done.TrySetException(exception());
        }

        _waiting.Clear();
    }
}
