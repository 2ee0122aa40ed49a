using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Sites;

/// <summary>A machine with disks and one process that restarts after it died.</summary>
public sealed class SimSite
{
    private readonly ScenarioRun _run;
    private readonly Func<SimProcess, Task> _boot;
    private readonly List<SimDisk> _disks = [];
    private SimEvent? _restart;

    /// <summary>Creates a site that is off.</summary>
    /// <param name="run">The world.</param>
    /// <param name="name">The site's name on the network and in plans.</param>
    /// <param name="boot">What a new incarnation of the process does first; its disks are to be opened anew.</param>
    public SimSite(ScenarioRun run, string name, Func<SimProcess, Task> boot)
    {
        _run = run;
        Name = name;
        _boot = boot;
    }

    /// <summary>The site's name.</summary>
    public string Name { get; }

    /// <summary>The present incarnation; null before the first start.</summary>
    public SimProcess? Process { get; private set; }

    /// <summary>The site's disks.</summary>
    public IReadOnlyList<SimDisk> Disks => _disks;

    /// <summary>True while a process runs, frozen or not.</summary>
    public bool IsUp => Process is { IsAlive: true };

    /// <summary>True where it is to stay down.</summary>
    public bool IsLost { get; private set; }

    /// <summary>How long it stays down at the most, where a plan doesn't say.</summary>
    public TimeSpan LongestOutage { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Called after the process died, with the truth whether the power went too.</summary>
    public Action<bool>? Died { get; set; }

    /// <summary>Adds a disk; each of its requests is a mark for plans, such as <c>C.write</c>.</summary>
    public SimDisk AddDisk(string name, SimDiskOptions options)
    {
        var disk = new SimDisk(_run.Scheduler, name, options);
        disk.Reached = (d, kind) => _run.Plan.Reach($"{d.Name}.{kind}");
        _disks.Add(disk);
        return disk;
    }

    /// <summary>Starts a new incarnation.</summary>
    public void Start()
    {
        _restart?.Cancel();
        _restart = null;
        if (IsUp || IsLost)
        {
            return;
        }

        _run.Network.SwitchOn(Name);
        Process = _run.Scheduler.CreateProcess(Name);
        var process = Process;
        process.Start(() => _boot(process));
    }

    /// <summary>Kills the process; the page cache stays. It starts again after <paramref name="outage"/>, or some time drawn by seed.</summary>
    public void Kill(TimeSpan? outage = null)
    {
        if (!IsUp)
        {
            return;
        }

        _run.Totals.Count("kills");
        Process!.Kill();
        Died?.Invoke(false);
        StartLater(outage);
    }

    /// <summary>The power goes: everything unflushed is at the mercy of the disks. It comes back after <paramref name="outage"/>, or some time drawn by seed.</summary>
    public void LosePower(TimeSpan? outage = null)
    {
        _run.Totals.Count("power losses");
        _run.Network.SwitchOff(Name);
        Process?.Kill();
        foreach (var disk in _disks)
        {
            var (lost, torn) = (disk.Counters.LostSectors, disk.Counters.TornWrites);
            disk.LosePower();
            _run.Totals.Count("lost sectors", disk.Counters.LostSectors - lost);
            _run.Totals.Count("torn writes", disk.Counters.TornWrites - torn);
        }

        Died?.Invoke(true);
        StartLater(outage);
    }

    /// <summary>Takes the site away for good.</summary>
    public void Lose()
    {
        LosePower();
        _restart?.Cancel();
        IsLost = true;
    }

    /// <summary>Brings a lost site back.</summary>
    public void Return()
    {
        IsLost = false;
        Start();
    }

    /// <summary>Stops the process from answering for a while.</summary>
    public void Freeze(TimeSpan duration)
    {
        if (Process is { IsAlive: true, IsFrozen: false } process)
        {
            _run.Totals.Count("freezes");
            process.Freeze();
            _run.Scheduler.Schedule(duration, process.Thaw, "thaw");
        }
    }

    private void StartLater(TimeSpan? outage)
    {
        _restart?.Cancel();
        _restart = _run.Scheduler.Schedule(outage ?? DrawOutage(), Start, $"start {Name}");
    }

    private TimeSpan DrawOutage() =>
        _run.Random.Chance(0.7) ? _run.Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(1)) : _run.Random.Between(TimeSpan.Zero, LongestOutage);
}
