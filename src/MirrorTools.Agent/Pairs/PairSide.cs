using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Groups;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Agent.Pairs;

/// <summary>One side of a pair, open on this agent: its storages under the engine's source or target, by the role that its metadata says.</summary>
internal sealed partial class PairSide : IAsyncDisposable
{
    private readonly CloseStamps _stamps;
    private readonly PairEnvironment _environment;
    private readonly GroupLeads? _leads;
    private GroupSeat? _seat;
    private PairEventId _lastDisagreement;
    private ReopenableDevice? _intermediate;

    private PairSide(PairDefinition definition, SiteDefinition site, PairEnvironment environment, CloseStamps stamps, GroupLeads? leads) =>
        (Definition, Site, _environment, _stamps, _leads) = (definition, site, environment, stamps, leads);

    /// <summary>The pair as it was when the side was opened; a new name replaces it.</summary>
    public PairDefinition Definition { get; set; }

    /// <summary>Which site this is.</summary>
    public SiteDefinition Site { get; }

    /// <summary>True for site 2, whatever its role is now.</summary>
    public bool IsSiteTwo => Site == Definition.TargetSite;

    /// <summary>The engine in the role of the source; null in the other role.</summary>
    public MirrorSource? Source { get; private set; }

    /// <summary>The engine in the role of the target; null in the other role.</summary>
    public MirrorTarget? Target { get; private set; }

    /// <summary>True at site 2 after a recovery.</summary>
    public bool IsRecovered => IsSiteTwo && Source is not null;

    /// <summary>The last cycles.</summary>
    public CycleHistory History { get; } = new();

    private EventPair EventName => new(Definition.Id, Definition.Name);

    /// <summary>Lays the metadata of a new side out.</summary>
    public static async Task CreateAsync(PairDefinition definition, SiteDefinition site, PairRecord record, PairEnvironment environment)
    {
        await using var storage = await SiteStorage.OpenAsync(definition, site);
        var parts = new PairSide(definition, site, environment, new CloseStamps(environment.Paths), leads: null).Parts(storage);
        await (record.Role == PairRole.Source ? MirrorSource.CreateAsync(parts, definition.Identity, record) : MirrorTarget.CreateAsync(parts, definition.Identity, record));
    }

    /// <summary>Opens a side from its metadata, cleanly closed or not.</summary>
    public static async Task<PairSide> OpenAsync(
        PairDefinition definition, SiteDefinition site, PairEnvironment environment, CloseStamps stamps, GroupCompany company, GroupLeads leads)
    {
        var side = new PairSide(definition, site, environment, stamps, leads);
        SiteStorage? storage = null;
        try
        {
            storage = await SiteStorage.OpenAsync(definition, site);
            var record = await side.PrepareRecordAsync(storage);
            stamps.Use(site.Storages);
            side._seat = record.Role == PairRole.Source ? company.Enter(definition, side.IsSiteTwo) : null;
            var parts = side.Parts(storage);
            side._intermediate = storage.Intermediate;
            if (record.Role == PairRole.Source)
            {
                side.Source = await MirrorSource.OpenAsync(parts);
            }
            else
            {
                KeptGrainsFile.RemoveLeftovers(site.Metadata);
                side.Target = await MirrorTarget.OpenAsync(parts);
            }

            side.History.Load(record);
            return side;
        }
        catch (Exception error)
        {
            if (storage is not null)
            {
                await storage.DisposeAsync();
            }

            await side.LeaveGroupAsync();
            var known = ErrorTranslation.Translate(error);
            if (known is { ErrorId: ErrorIds.ImageTruncated, Target: { } path })
            {
                // After a kill no stamp tells of a storage that is cut short now and will be long enough again.
                stamps.KeepCutShort(path);
            }

            throw LostSides.SeenHere(known, definition, site);
        }
    }

    /// <summary>Gives the side a channel to the other one.</summary>
    public void Attach(IPeerChannel channel)
    {
        if (Source is { } source)
        {
            source.Attach(channel);
        }
        else if (Target is { } target)
        {
            target.Attach(channel);
        }
        else
        {
            // It changes its role just now: the other side is to come again, not to wait for an answer that nobody gives.
            _ = channel.DisposeAsync();
        }
    }

    /// <summary>Opens B anew, which must be out of use: after a fault nothing that it holds is trusted, its handle included.</summary>
    public Task ReopenIntermediateAsync() => _intermediate!.ReopenAsync();

    /// <summary>Recovers (F-16); the engine closes itself, and the side is to be opened anew in its other role.</summary>
    public async Task<CommittedPoint> RecoverAsync(bool force, ulong? number)
    {
        var point = await Target!.RecoverAsync(force, number);
        Target = null;
        _stamps.Keep(Site.Storages);
        return point;
    }

    /// <summary>Becomes the other side's copy (F-23); the engine closes itself, and the side is to be opened anew in its other role.</summary>
    public async Task BecomeTargetAsync(GenerationHistory history)
    {
        try
        {
            await Source!.BecomeTargetAsync(history);
        }
        finally
        {
            Source = null;
        }

        _stamps.Keep(Site.Storages);
    }

    /// <summary>Closes cleanly, and notes how the storages look then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Source is not null || Target is not null)
        {
            var (source, target) = (Source, Target);
            (Source, Target) = (null, null);
            await (source?.DisposeAsync() ?? target!.DisposeAsync());
            _stamps.Keep(Site.Storages);
        }

        await LeaveGroupAsync();
    }

    /// <summary>Keeps the definition with the metadata, and goes by it from now on.</summary>
    public async Task SetDefinitionAsync(PairDefinition definition)
    {
        Definition = definition;
        var (json, options) = (PairJson.WriteDefinition(definition), OptionsOf(definition));
        if (Source is { } source)
        {
            await source.SetDefinitionAsync(json);
            await source.SetOptionsAsync(options);
        }
        else if (Target is { } target)
        {
            await target.SetDefinitionAsync(json);
            await target.SetOptionsAsync(options);
        }
    }

    private static MirrorOptions OptionsOf(PairDefinition definition) => new()
    {
        WritePolicy = definition.WritePolicy switch
        {
            Contracts.Pairs.WritePolicy.CopyOnWrite => WritePolicy.CopyOnWrite,
            Contracts.Pairs.WritePolicy.Hold or Contracts.Pairs.WritePolicy.HoldInOrder => WritePolicy.Hold,
            Contracts.Pairs.WritePolicy.Merge => WritePolicy.Merge,
            _ => WritePolicy.CopyOnWriteLocal,
        },
        CollisionPolicy = definition.CollisionPolicy == Contracts.Pairs.CollisionPolicy.SendFirst ? CollisionPolicy.SendFirst : CollisionPolicy.NewImage,
        HoldInScanOrder = definition.WritePolicy == Contracts.Pairs.WritePolicy.HoldInOrder,
        RunTimer = definition.RunTimer,
        MaximumIncrement = definition.MaximumIncrement,
        LinkDeadline = TimeSpan.FromMilliseconds(definition.WriteDeadlineMs),
        RetainPoints = Math.Clamp(definition.RetainPoints, 1, PairRecord.MaximumRecentPoints),
    };

    private MirrorParts Parts(SiteStorage storage) => new()
    {
        AgentId = _environment.AgentId,
        Volume = storage.Volume,
        Intermediate = storage.Intermediate,
        Metadata = storage.Metadata,
        SecondLog = new LogPlace(storage.RegionLog, 0),
        Scheduler = _seat?.Group.Scheduler ?? new SerialContext(error => LogUnhandled(_environment.Logger, Definition.Name, error)),
        Group = _seat?.Group.Engine,
        AskLead = (prepared, force) => _leads!.AskAsync(Definition, prepared, IsSiteTwo, force),
        Time = _environment.Time,
        NewId = Guid.NewGuid,
        EventSink = OnEvent,
        Options = OptionsOf(Definition),
        OpenKeptGrains = length => new(KeptGrainsFile.Create(Site.Metadata, length)),
        Transitions = (machine, from, what, to) => LogTransition(_environment.Logger, Definition.Name, machine, from, what, to),
    };

    private ValueTask LeaveGroupAsync() => _seat?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void OnEvent(PairEvent happened)
    {
        History.On(happened);

        // Each new conversation finds the same disagreement again; it is one event.
        var isOfGenerations = happened.Id is PairEventId.SplitBrain or PairEventId.Superseded;
        if (!isOfGenerations || happened.Id != _lastDisagreement)
        {
            _environment.Events.Post(happened, EventName, Definition.Service);
        }

        _lastDisagreement = isOfGenerations ? happened.Id : _lastDisagreement;
    }

    // Reads the side's record, and says in it what a storage that somebody else wrote means before the engine trusts anything.
    private async Task<PairRecord> PrepareRecordAsync(SiteStorage storage)
    {
        var store = await MetadataStore.OpenAsync(storage.Metadata, CancellationToken.None);
        if (store.Identity.PairId != Definition.Id)
        {
            throw new ControlException(
                ErrorIds.MetadataCorrupt, $"'{Site.Metadata}' is the metadata of another pair ({store.Identity.PairId}).", Site.Metadata);
        }

        var record = PairRecordCodec.TryDecode(store.State.Current.Span, out var decoded)
            ? decoded!
            : throw new ControlException(ErrorIds.MetadataCorrupt, $"The state record of '{Site.Metadata}' can't be read.", Site.Metadata);
        var changed = _stamps.FindChanged(Site.Storages);
        if (changed.Count == 0)
        {
            return record;
        }

        foreach (var path in changed)
        {
            _environment.Events.Tell(EventKinds.StorageChangedOutside, EventName, ("path", path));
        }

        if (IsUnusedArea(record) && changed.Contains(Site.Intermediate))
        {
            // Nothing of it counts now; a later role of this side must not find there what somebody else wrote.
            await AsyncCopyArea.CreateAsync(storage.Intermediate, Definition.Id, Definition.Geometry);
        }

        // Durable before the stamps are used up: whatever ends this open, the next one distrusts the storage as well.
        var distrusted = Distrusted(record, changed);
        await store.State.WriteAsync(PairRecordCodec.Encode(distrusted), CancellationToken.None);
        await store.FlushAsync(CancellationToken.None);
        return distrusted;
    }

    // With AsyncCopy a source that was not recovered has its area for a later role only.
    private bool IsUnusedArea(PairRecord record) => Definition.IsAsyncCopy && record is { Role: PairRole.Source, IsRecovered: false };

    // A written A, C, D or area is compared with the other site, and the committed image is not shown before a commit has proved it: that begins a new layer in the area, and what it
    // held before counts no more. A written B holds no grain for certain.
    private PairRecord Distrusted(PairRecord record, IReadOnlyList<string> changed)
    {
        var isFirstIntermediate = record.Role == PairRole.Source && !record.IsRecovered;
        return record with
        {
            NeedsComparison = record.NeedsComparison || changed.Contains(Site.Volume) || !isFirstIntermediate,

            // They are read from the same storages, and no commit proves them.
            RetainedPoints = [],
            NamedPoints = [],
            Suspended = isFirstIntermediate && !Definition.IsAsyncCopy && changed.Contains(Site.Intermediate) ? SuspendReason.FirstIntermediateFailed : record.Suspended,
        };
    }

    [LoggerMessage(300, LogLevel.Debug, "{Pair} {Machine}: {From} => {To} on {What}")]
    private static partial void LogTransition(ILogger logger, string pair, string machine, string from, string what, string to);

    /// <summary>Tells of an exception that left a scheduler.</summary>
    [LoggerMessage(301, LogLevel.Critical, "An exception left the scheduler of {Pair}: this is a defect")]
    public static partial void LogUnhandled(ILogger logger, string pair, Exception error);
}
