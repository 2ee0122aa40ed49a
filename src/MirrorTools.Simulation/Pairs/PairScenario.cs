using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Pairs;

/// <summary>
/// A copy service under disasters: hosts write at site 1 while points are taken and things go wrong; then calm returns and the pair must commit
/// everything, or site 1 is lost or cut off at a random moment. Site 2 is recovered, hosts go on there, and site 1 comes back as the target.
/// </summary>
/// <param name="service">The copy service; null for a group over several agents at each site, of a service that the seed draws.</param>
public sealed class PairScenario(CopyService? service) : IScenario
{
    private PairWorld _world = null!;
    private PairSite _site1 = null!;
    private PairSite _site2 = null!;
    private PairOperator _operator = null!;
    private FaultStorm _storm = null!;

    private enum Ending
    {
        /// <summary>Calm returns before site 1 is lost, and everything must be committed.</summary>
        Calm,

        /// <summary>Site 1 is lost in the storm.</summary>
        Loss,

        /// <summary>Site 1 is cut off in the storm, and goes on by itself.</summary>
        Isolation,
    }

    /// <inheritdoc/>
    public IEnumerable<string> Pairs { get; } =
    [
        .. StateMachines.PairsOf<SourceState, SourceEvent>("source", SourceMachine.Next, (state, what) => what == SourceEvent.Break || !IsOfService(service, state, what)),
        .. StateMachines.PairsOf<TargetState, TargetEvent>("target", TargetMachine.Next, static (_, _) => false),
    ];

    /// <inheritdoc/>
    public async Task RunAsync(ScenarioRun run)
    {
        await BuildAsync(run);

        // drawn by a generator of its own, so that a plan of the same seed takes the same course
        var course = run.Scheduler.Random.Fork("course");
        var ending = (Ending)course.Next(3);
        var requests = run.Options.Requests;
        var first = ending == Ending.Calm ? requests * 2 / 3 : course.Next(requests / 4, requests * 2 / 3);
        var phases = new PairPhases(_world, _storm, _operator);
        _site1.Each(node => node.Hosts.RequestsLeft = first);
        _site2.Each(node => node.Site.Start());
        _site1.Each(node => node.Site.Start());
        await phases.RageAsync(_site1, _site2);
        if (ending == Ending.Calm)
        {
            await phases.SettleAsync(_site1, _site2);
        }
        else
        {
            await phases.StrikeAsync(course, ending == Ending.Loss ? "lose" : "isolate");
        }

        if (ending != Ending.Isolation)
        {
            await LoseAsync(_site1, course);
        }
        else
        {
            Isolate(_site1);
        }

        if (await phases.TakeOverAsync(course, _site1, _site2))
        {
            var left = requests - first;
            _site2.AttachHosts(left / 2);
            await phases.RageAsync(_site2, _site1);
            await phases.ReturnAsync(_site2, _site1);
            _site2.AttachHosts(left - (left / 2));
            await phases.RageAsync(_site2, _site1);
            if (course.Chance(0.6))
            {
                await FailBackAsync(phases, course, left / 2);
                return;
            }

            await phases.SettleAsync(_site2, _site1);
            await phases.CheckActiveAsync(_site2);
        }

        run.Totals.Count("longest request ms", (long)_site1.LongestRequest.TotalMilliseconds);
    }

    // the disaster at the other site: what was once the source is recovered from its copy of the copy, and the roles are as in the beginning
    private async Task FailBackAsync(PairPhases phases, SimRandom course, int requests)
    {
        if (course.Chance(0.5))
        {
            await phases.SettleAsync(_site2, _site1);
        }

        if (course.Chance(0.5))
        {
            await phases.StrikeAsync(course, "lose-again");
            await LoseAsync(_site2, course);
        }
        else
        {
            await phases.StrikeAsync(course, "isolate-again");
            Isolate(_site2);
        }

        if (await phases.TakeOverAsync(course, _site2, _site1))
        {
            _site1.AttachHosts(requests / 2);
            await phases.RageAsync(_site1, _site2);
            await phases.ReturnAsync(_site1, _site2);
            _site1.AttachHosts(requests / 2);
            await phases.RageAsync(_site1, _site2);
            await phases.SettleAsync(_site1, _site2);
            await phases.CheckActiveAsync(_site1);
        }
    }

    // cut off, the site goes on: what it takes from now on is what the partition hides
    private void Isolate(PairSite site)
    {
        foreach (var node in site.Nodes)
        {
            site.Other.Each(other => _world.Run.Network.Partition(node.Site.Name, other.Site.Name));
        }

        site.AttachHosts(30);
    }

    // agents of one site may go one after the other
    private async Task LoseAsync(PairSite site, SimRandom course)
    {
        foreach (var node in site.Nodes)
        {
            if (node != site.Nodes[0] && course.Chance(0.5))
            {
                await Task.Delay(course.Between(TimeSpan.Zero, TimeSpan.FromSeconds(3)), _world.Run.Time);
            }

            node.Site.Lose();
        }
    }

    // Asynchronous copy has no intermediate to lend, and nothing asks for a second point while one is under way.
    private static bool IsOfService(CopyService? service, SourceState state, SourceEvent what) =>
        service != CopyService.AsyncCopy || (state != SourceState.Lent && what is not SourceEvent.Lend and not SourceEvent.Return);

    private async Task BuildAsync(ScenarioRun run)
    {
        _world = new PairWorld(run, service);
        _site1 = new PairSite(_world, 1, _world.Site1Agent, "A", "B");
        _site2 = new PairSite(_world, 2, _world.Site2Agent, "D", "C");
        (_site1.Other, _site2.Other) = (_site2, _site1);
        Preload();
        _site1.Each(node => node.History = _world.NewHistory([.. node.Members.Select(member => member.Peek())]));
        _world.BeginGeneration(_site1, recovered: 0);
        var record = new PairRecord { Role = PairRole.Source, Generations = new GenerationHistory([_world.FirstGeneration]) };
        run.Plan.IsHeld = true;
        var setup = run.Scheduler.CreateProcess("setup");
        await setup.InvokeAsync(async () =>
        {
            for (var member = 0; member < _world.Identities.Count; member++)
            {
                await MirrorSource.CreateAsync(_site1.Members[member].Parts(setup, null), _world.Identities[member], record);
                await MirrorTarget.CreateAsync(_site2.Members[member].Parts(setup, null), _world.Identities[member], record with { Role = PairRole.Target });
            }

            return true;
        });
        setup.Kill();
        run.Plan.IsHeld = false;
        SimSite[] machines = [.. _site1.Nodes.Concat(_site2.Nodes).Select(node => node.Site)];
        _storm = new FaultStorm(run, machines)
        {
            MayStrike = MayStrike,
            StateMarks = [.. Enum.GetNames<SourceState>().Select(static name => "source." + name), .. Enum.GetNames<TargetState>().Select(static name => "target." + name)],
        };
        FaultVerbs.Handle(run, machines, site => _world.LastStrike[site.Name] = run.Scheduler.Now);
        _operator = new PairOperator(_world, _site1, _site2);
        _operator.Handle();

        // a plan may reach the disaster's mark before the run waits for it: then nothing is to be done
        foreach (var verb in (string[])["lose", "isolate", "lose-again", "isolate-again"])
        {
            run.Plan.Handle(verb, _ => { });
        }

        _operator.AddTo(_storm);
        var strokes = new TargetStrokes(_world, _site1, _site2);
        strokes.Handle();
        strokes.AddTo(_storm);
        if (_world.IsSpread)
        {
            var ofGroup = new GroupStrokes(_world, _site1, _site2);
            ofGroup.Handle();
            ofGroup.AddTo(_storm);
        }
    }

    // a fault of the source itself is the host's to see, and one of a recovered image's two storages too; all else must not reach a host
    private bool MayStrike(SimDisk disk)
    {
        if (disk.Name[0] == 'L')
        {
            return false;
        }

        var active = _world.ActiveSite!;
        return !active.Nodes.Any(node => node.Site.Disks.Contains(disk))
            || active.Members.Any(member => disk == member.Metadata || (disk == member.Intermediate && !member.Node.IsRecovered));
    }

    // the source has some content before it is mirrored, and holes
    private void Preload()
    {
        foreach (var member in _site1.Members)
        {
            var geometry = member.Identity.Geometry;
            var grain = new byte[geometry.GrainBytes];
            for (long g = 0; g < geometry.GrainCount; g++)
            {
                if (_world.Random.Chance(0.3))
                {
                    var length = (int)geometry.LengthOf(g, 1);
                    _world.Random.NextBytes(grain.AsSpan(0, length));
                    member.Volume.Preload(geometry.OffsetOf(g), grain.AsSpan(0, length));
                }
            }
        }
    }
}
