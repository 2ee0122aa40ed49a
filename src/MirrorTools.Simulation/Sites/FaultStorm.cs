using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Sites;

/// <summary>
/// Draws what goes wrong from the seed: some seeds are calm, some lose a site every second. Half of the crashes strike at an instant of time, half at a
/// request of a disk or a step of a state machine, where the promises are made and broken.
/// </summary>
public sealed class FaultStorm
{
    private readonly ScenarioRun _run;
    private readonly IReadOnlyList<SimSite> _sites;
    private readonly SimRandom _random;
    private readonly FaultKinds _kinds;
    private readonly TimeSpan _pause;
    private readonly List<Action> _extra = [];
    private SimEvent? _next;

    /// <summary>Creates the storm of a seed.</summary>
    /// <param name="run">The world.</param>
    /// <param name="sites">The sites, two or more.</param>
    public FaultStorm(ScenarioRun run, IReadOnlyList<SimSite> sites)
    {
        _run = run;
        _sites = sites;
        _random = run.Scheduler.Random.Fork("storm");

        // each seed has its own weather: a subset of the kinds, and its own pace
        _kinds = run.Options.Faults;
        foreach (var kind in Enum.GetValues<FaultKinds>())
        {
            if (int.PopCount((int)kind) == 1 && _random.Chance(0.35))
            {
                _kinds &= ~kind;
            }
        }

        _pause = TimeSpan.FromMilliseconds(_random.Next(300, 4000));
    }

    /// <summary>Disks whose faults a host may see are left alone: only these are struck.</summary>
    public Func<Disks.SimDisk, bool> MayStrike { get; set; } = static _ => true;

    /// <summary>Marks at which faults strike beside those of the disks: the states of the service's machines.</summary>
    public IReadOnlyList<string> StateMarks { get; init; } = [];

    /// <summary>Adds something that a seed may draw beside the general faults.</summary>
    public void Add(FaultKinds kind, Action action)
    {
        if (_kinds.HasFlag(kind))
        {
            _extra.Add(action);
        }
    }

    /// <summary>
    /// Blows until <paramref name="isOver"/>. Each stroke is one event of the scheduler and one line of the plan, whatever it comes to: a plan in its place takes the same steps.
    /// </summary>
    public void Begin(Func<bool> isOver)
    {
        Action[] faults = [.. Faults()];
        if (faults.Length > 0)
        {
            Schedule(faults, isOver);
        }
    }

    /// <summary>No stroke follows.</summary>
    public void End() => _next?.Cancel();

    /// <summary>Everything works again: what the promises of liveness start from.</summary>
    /// <param name="heals">Whether two sites are joined again; null where all are.</param>
    public void Calm(Func<SimSite, SimSite, bool>? heals = null)
    {
        _run.Plan.Disarm();
        foreach (var (a, b) in Links())
        {
            if (heals?.Invoke(a, b) != false)
            {
                _run.Network.Heal(a.Name, b.Name);
            }
        }

        foreach (var site in _sites)
        {
            foreach (var disk in site.Disks)
            {
                disk.Faults.Repair();
            }

            site.Process?.Thaw();
            site.Start();
        }
    }

    private IEnumerable<Action> Faults()
    {
        if (_kinds.HasFlag(FaultKinds.Kills))
        {
            yield return () => Crash("kill", AnySite());
            yield return () => Crash("kill", AnySite());
        }

        if (_kinds.HasFlag(FaultKinds.Power))
        {
            yield return () => Crash("power-off", AnySite());
            yield return () => Crash("power-off", AnySite());
            yield return () => _run.Plan.Do("blackout");
        }

        if (_kinds.HasFlag(FaultKinds.Cuts))
        {
            yield return () => _run.Plan.Do("cut", AnyLink());
            yield return () => AtState("cut", AnyLink());
        }

        if (_kinds.HasFlag(FaultKinds.Partitions))
        {
            yield return () => _run.Plan.Do("partition", [.. AnyLink(), FaultVerbs.Text(Outage())]);
            yield return () =>
            {
                var link = AnyLink();
                var first = _random.Next(2);
                _run.Plan.Do("block", link[first], link[1 - first], FaultVerbs.Text(Outage()));
            };
        }

        if (_kinds.HasFlag(FaultKinds.Freezes))
        {
            yield return () => _run.Plan.Do("freeze", AnySite().Name, FaultVerbs.Text(Outage()));
        }

        if (_kinds.HasFlag(FaultKinds.Storage))
        {
            yield return StrikeDisk;
        }

        foreach (var action in _extra)
        {
            yield return action;
        }
    }

    private void Schedule(Action[] faults, Func<bool> isOver) => _next = _run.Scheduler.Schedule(
        _random.Between(TimeSpan.Zero, _pause * 2),
        () =>
        {
            if (isOver())
            {
                _run.Plan.DoNothing();
                return;
            }

            faults[_random.Next(faults.Length)]();
            Schedule(faults, isOver);
        },
        "storm");

    private void Crash(string verb, SimSite site)
    {
        if (_random.Chance(0.5))
        {
            _run.Plan.Do(verb, site.Name);
            return;
        }

        if (_random.Chance(0.3))
        {
            AtState(verb, site.Name);
            return;
        }

        var disks = _sites.SelectMany(s => s.Disks).ToArray();
        var mark = $"{disks[_random.Next(disks.Length)].Name}.{(_random.Chance(0.5) ? "flush" : "write")}";
        _run.Plan.Arm(mark, _random.Next(1, 12), verb, site.Name);
    }

    private void StrikeDisk()
    {
        var disks = _sites.SelectMany(s => s.Disks).Where(MayStrike).ToArray();
        if (disks.Length == 0)
        {
            _run.Plan.DoNothing();
            return;
        }

        var name = disks[_random.Next(disks.Length)].Name;
        string[] arguments = _random.Next(6) switch
        {
            0 => [name, "fail-writes", "1"],
            1 => [name, "fail-flushes", "1"],
            2 => [name, "full", "0", FaultVerbs.Text(Outage())],
            3 => [name, "gone", "0", FaultVerbs.Text(Outage())],
            4 => [name, "stall", FaultVerbs.Text(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(2))), FaultVerbs.Text(Outage())],
            // Only where checksums are: what a volume holds is the host's to check.
            _ when name[0] == 'M' && _random.Chance(0.5) => [name, "corrupt-reads", $"{_random.Next(8)}"],
            _ => [name, "fail-reads", "1"],
        };
        if (_random.Chance(0.3))
        {
            AtState("disk", arguments);
        }
        else
        {
            _run.Plan.Do("disk", arguments);
        }
    }

    private void AtState(string verb, params IReadOnlyList<string> arguments)
    {
        if (StateMarks.Count == 0)
        {
            _run.Plan.DoNothing();
            return;
        }

        _run.Plan.Arm(StateMarks[_random.Next(StateMarks.Count)], _random.Next(1, 4), verb, arguments);
    }

    private SimSite AnySite() => _sites[_random.Next(_sites.Count)];

    // Nothing is drawn where there is one link only.
    private string[] AnyLink()
    {
        (SimSite A, SimSite B)[] links = [.. Links()];
        var (a, b) = links[links.Length == 1 ? 0 : _random.Next(links.Length)];
        return [a.Name, b.Name];
    }

    private IEnumerable<(SimSite A, SimSite B)> Links()
    {
        for (var first = 0; first < _sites.Count; first++)
        {
            for (var second = first + 1; second < _sites.Count; second++)
            {
                yield return (_sites[first], _sites[second]);
            }
        }
    }

    private TimeSpan Outage() =>
        _random.Chance(0.7) ? _random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(2)) : _random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(45));
}
