using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>A write-back cache of versions: a grain's content is the number of the write it comes from. What overwritten versions do to hardening is as weak as S-7 allows.</summary>
internal sealed class ModelCache(int grainCount)
{
    private readonly List<(List<(long Grain, long Version)> Items, TaskCompletionSource Done)> _jobs = [];

    /// <summary>What is durable on the disk.</summary>
    public long[] Disk { get; } = new long[grainCount];

    /// <summary>What is in the cache and not hardened; 0 where nothing.</summary>
    public long[] Unhardened { get; } = new long[grainCount];

    /// <summary>Disk writes under way, one a grain.</summary>
    public SortedDictionary<long, long> InFlight { get; } = [];

    /// <summary>How many disk writes wrote a version that was overwritten meanwhile.</summary>
    public int Overwritten { get; private set; }

    /// <summary>How many grains those wait for who asked for hardening.</summary>
    public int JobItems => _jobs.Sum(job => job.Items.Count);

    public void Put(GrainRange grains, long version)
    {
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            Unhardened[grain] = version;
        }

        EndJobs();
    }

    public Task HardenAsync(GrainRange grains, Func<long, bool>? only, CancellationToken cancellationToken)
    {
        List<(long, long)> items = [];
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            if (Unhardened[grain] != 0 && (only is null || only(grain)))
            {
                items.Add((grain, Unhardened[grain]));
            }
        }

        if (items.Count == 0)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _jobs.Add((items, done));
        cancellationToken.Register(() => done.TrySetCanceled(cancellationToken));
        return done.Task;
    }

    public bool BeginWrite(long grain) => Unhardened[grain] != 0 && InFlight.TryAdd(grain, Unhardened[grain]);

    /// <summary>A disk write is durable.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="hardened">Told of the grain, also where the version was overwritten meanwhile.</param>
    public void EndWrite(long grain, Action<long> hardened)
    {
        InFlight.Remove(grain, out long version);
        Disk[grain] = version;
        if (Unhardened[grain] == version)
        {
            Unhardened[grain] = 0;
        }
        else
        {
            Overwritten++;
        }

        hardened(grain);
        EndJobs();
    }

    private void EndJobs()
    {
        for (int i = _jobs.Count - 1; i >= 0; i--)
        {
            if (_jobs[i].Items.TrueForAll(item => Unhardened[item.Grain] != item.Version))
            {
                _jobs[i].Done.TrySetResult();
                _jobs.RemoveAt(i);
            }
        }
    }
}
