using System.Globalization;
using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Pairs;

/// <summary>What both sites of a simulated pair share, and what an outsider knows of it.</summary>
internal sealed class PairWorld
{
    private readonly SimRandom _ids;
    private long _lastWriteId;

    /// <param name="run">The run.</param>
    /// <param name="service">The copy service; null for a group over several agents, of a service that the seed draws.</param>
    public PairWorld(ScenarioRun run, CopyService? service)
    {
        Run = run;
        Random = run.Scheduler.Random.Fork("flashcopy");
        _ids = run.Scheduler.Random.Fork("ids");
        Faults = Deliberate(run.Options.DeliberateFault);
        IsSpread = service is null;
        var ofGroup = run.Scheduler.Random.Fork("group");
        var layout = IsSpread ? PairLayout.Draw(ofGroup, isLeast: run.Options.DeliberateFault is not null) : null;
        Service = service ?? (ofGroup.Chance(0.5) ? CopyService.Flashcopy : CopyService.AsyncCopy);
        Shape = PairShape.Draw(Random, ofGroup, run.Options.DeliberateFault, layout?.Sources.Count);
        Layout = layout ?? PairLayout.OfOneAgent(Shape.Geometries.Count);
        if (Service == CopyService.AsyncCopy || IsSpread)
        {
            Shape = Shape with { Options = DrawOptions() };
        }

        Identities = [.. Shape.Geometries.Select(geometry => MetadataIdentity.For(NewId(), NewId(), geometry, Service))];
        GroupId = IsSpread ? NewId() : Guid.Empty;
        Site1Agent = NewId();
        Site2Agent = NewId();
        HostOptions = new SimHostOptions
        {
            Workers = Random.Next(1, 8),
            ThinkTime = TimeSpan.FromMilliseconds(Random.Next(10, 400)),
            MayOverlap = Random.Chance(0.5),
            MaxSectors = 1 << Random.Next(3, 8),
            HotSectors = 1 << Random.Next(5, 11),
            FlushShare = Random.NextDouble() * 0.1,
        };
        FirstGeneration = new Generation(NewId(), run.Scheduler.UtcNow, Site1Agent);
    }

    /// <summary>The copy service.</summary>
    public CopyService Service { get; }

    public ScenarioRun Run { get; }

    public SimRandom Random { get; }

    public PairShape Shape { get; }

    public MirrorFaults Faults { get; }

    /// <summary>True where the group's pairs are at several agents.</summary>
    public bool IsSpread { get; }

    /// <summary>Which agent has which pair.</summary>
    public PairLayout Layout { get; }

    /// <summary>The group's pairs; the first one leads.</summary>
    public IReadOnlyList<MetadataIdentity> Identities { get; }

    /// <summary>The group that is spread over several agents.</summary>
    public Guid GroupId { get; }

    /// <summary>What the group has committed in this generation.</summary>
    public GroupCommits Commits { get; } = new();

    public Guid Site1Agent { get; }

    public Guid Site2Agent { get; }

    public Generation FirstGeneration { get; }

    /// <summary>The newest point of this generation that anyone was told is committed (P-2).</summary>
    public ulong ToldCommitted { get; private set; }

    /// <summary>True where the seed may draw recoveries to a retained point; kept plans of other faults are to go on as they were.</summary>
    public bool MayRecoverOlder => Service == CopyService.AsyncCopy && Run.Options.DeliberateFault is null or nameof(MirrorFaults.RestoreNewestLayer);

    /// <summary>True once nothing goes wrong any more.</summary>
    public bool IsCalm { get; set; }

    /// <summary>The site of the newest generation that is the source.</summary>
    public PairSite? ActiveSite { get; set; }

    /// <summary>Agents that were the source when the other one was recovered, until they became the copy: what they and their hosts do is given up.</summary>
    public HashSet<string> OldSources { get; } = [];

    /// <summary>How hosts behave.</summary>
    public SimHostOptions HostOptions { get; }

    /// <summary>When a storage of a site was last struck; its consequences may show for a while.</summary>
    public Dictionary<string, TimeSpan> LastStrike { get; } = [];

    /// <summary>Policies as an admin may set them.</summary>
    public MirrorOptions DrawOptions()
    {
        var drawn = PairShape.DrawOptions(Random, Service);
        return !IsSpread ? drawn : drawn with
        {
            RunTimer = TimeSpan.FromMilliseconds(Random.Next(20, 2000)),
            DecisionDeadline = TimeSpan.FromSeconds(Random.Next(5, 60)),

            // Short, so that a hold that only the end of the link ends can be told from one that its own deadlines end.
            GateDeadline = TimeSpan.FromMilliseconds(Random.Next(300, 2000)),
            LocalDeadline = TimeSpan.FromSeconds(3),
        };
    }

    /// <summary>How long the area of preserved grains is: some hold more points than others.</summary>
    public long AreaBytes(GrainGeometry geometry) =>
        AsyncCopyArea.RequiredLengthBytes(geometry) + (Random.Chance(0.5) ? 0 : MayRecoverOlder && Random.Chance(0.5) ? 4 * geometry.LengthBytes : geometry.LengthBytes);

    public Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        _ids.NextBytes(bytes);
        return new Guid(bytes);
    }

    public MirrorParts Parts(
        PairNode node, SimProcess process, IBlockDevice volume, IBlockDevice intermediate, IBlockDevice metadata, IBlockDevice log, int member) => new()
    {
        AgentId = node.Agent,
        Volume = volume,
        Intermediate = intermediate,
        Metadata = metadata,
        SecondLog = new LogPlace(log, 0),
        Scheduler = process.Context,
        Time = process.Time,
        NewId = NewId,
        EventSink = e => Heard(node.Site.Name, member, e),
        Options = Shape.Options,
        OpenKeptGrains = length => new(new SimDisk(Run.Scheduler, "kept", new SimDiskOptions { LengthBytes = length }).Open(process)),
        Faults = Faults,
        Transitions = (machine, from, what, to) =>
        {
            Run.Totals.Cover(machine, from, what);

            // An event of its own: what a plan has for this mark must not happen inside the engine's step.
            Run.Scheduler.Schedule(TimeSpan.Zero, () => ReachState(node, $"{machine}.{to}"), $"{machine}.{to}");
            Run.Scheduler.Note($"{node.Site.Name}{Suffix(member)}: {machine} {from} + {what} = {to}");
        },
    };

    /// <summary>True where a storage of the site is, or may be, at fault at present.</summary>
    public bool HasStorageFaults(SimSite site) => site.Disks.Any(d => d.Faults.Any || IsRecent(d.Faults.LastFailure))
        || (LastStrike.TryGetValue(site.Name, out var struck) && IsRecent(struck));

    /// <summary>Somebody is told that a point is committed.</summary>
    public void Tell(ulong point) => ToldCommitted = Math.Max(ToldCommitted, point);

    /// <summary>The history of a new source's hosts.</summary>
    public WriteHistory NewHistory(byte[][] images) => new(images, () => Run.Scheduler.Now, () => ++_lastWriteId);

    /// <summary>A new generation's points are told of from here on.</summary>
    /// <param name="source">The site that is the source from here on.</param>
    /// <param name="recovered">The point that it began with; 0 for none.</param>
    public void BeginGeneration(PairSite source, ulong recovered)
    {
        Commits.Begin(recovered);
        ActiveSite?.Each(node => OldSources.Add(node.Site.Name));
        ActiveSite = source;
        ToldCommitted = 0;
    }

    private bool IsRecent(TimeSpan? instant) => instant is { } then && Run.Scheduler.Now - then < TimeSpan.FromSeconds(60);

    // Where there are several agents, which of them did it is a mark of its own.
    private void ReachState(PairNode node, string state)
    {
        Run.Plan.Reach(state);
        if (IsSpread)
        {
            Run.Plan.Reach($"{node.Site.Name}.{state}");
        }
    }

    private static string Suffix(int member) => member == 0 ? "" : $"-{member}";

    private void Heard(string site, int member, PairEvent e)
    {
        Run.Scheduler.Note($"{site}{Suffix(member)}: {e.Id} {string.Join(" ", e.Arguments.Select(a => $"{a.Key}={a.Value}"))}");
        Run.Totals.Count("event " + e.Id);
        var point = e.Arguments.FirstOrDefault(a => a.Key == "point").Value;
        switch (e.Id)
        {
            case PairEventId.PointTaken:
                Run.Totals.Count("points");
                Run.Plan.Reach("point-taken");
                break;
            case PairEventId.PointCommitted:
                Run.Totals.Count("commits");
                if (!OldSources.Contains(site))
                {
                    Tell(ulong.Parse(point, CultureInfo.InvariantCulture));
                }

                Run.Plan.Reach("point-committed");
                break;
            case PairEventId.PointGivenUp:
                Run.Totals.Count("points given up: " + e.Arguments.FirstOrDefault(a => a.Key == "reason").Value);
                break;
            case PairEventId.Superseded or PairEventId.SplitBrain:
                Run.Totals.Count("old sides that knew it");
                break;
            case PairEventId.InvariantBroken:
                throw ScenarioRun.Broken("P-5", $"{site} latched a broken invariant: {string.Join(", ", e.Arguments)}");
            default:
                break;
        }
    }

    private static MirrorFaults Deliberate(string? name)
    {
        if (name is null)
        {
            return MirrorFaults.None;
        }

        var faults = new MirrorFaults();
        var property = typeof(MirrorFaults).GetProperty(name) ?? throw new ArgumentException($"There is no deliberate fault \"{name}\".", nameof(name));
        property.SetValue(faults, true);
        return faults;
    }
}
