using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Exports;
using MirrorTools.Agent.Groups;
using MirrorTools.Agent.Pairs.Making;
using MirrorTools.Agent.Schedules;
using MirrorTools.Agent.Volumes;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Pairs;

/// <summary>The pairs of this agent: opens them at the start, closes them at the stop, and finds them by name or id.</summary>
internal sealed partial class PairRegistry(
    PairIndex index, UnfinishedPairs unfinished, PairEnvironment environment, IPeerLinks links, AttachmentService attachments, EventLog events) : IVolumeDirectory, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CloseStamps _stamps = new(environment.Paths);
    private List<MirrorPair> _pairs = [];

    /// <summary>All pairs, by name.</summary>
    public IReadOnlyList<MirrorPair> List()
    {
        lock (_gate)
        {
            return [.. _pairs.OrderBy(pair => pair.Definition.Name, StringComparer.OrdinalIgnoreCase)];
        }
    }

    /// <summary>The pair of that name or id.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.PairNotFound"/>.</exception>
    public MirrorPair Find(string nameOrId) => TryFind(nameOrId)
        ?? throw new ControlException(ErrorIds.PairNotFound, $"There is no pair '{nameOrId}' on this agent.", nameOrId);

    /// <summary>The pair of that name or id, or null.</summary>
    public MirrorPair? TryFind(string nameOrId) => List().FirstOrDefault(pair =>
        pair.Definition.Name.Equals(nameOrId, StringComparison.OrdinalIgnoreCase) || (Guid.TryParse(nameOrId, out var id) && pair.Definition.Id == id));

    /// <summary>Opens every pair of the index. One that can't be opened is told in an event and does not keep the others.</summary>
    public async Task OpenAllAsync(CancellationToken cancel)
    {
        _pairs = [.. index.List().Select(definition => new MirrorPair(definition, environment.AgentId))];
        await Task.WhenAll(List().Select(pair => TryOpenAsync(pair, cancel)));
    }

    /// <summary>Keeps a new pair, durably, and opens it; forgets it again where it can't be opened.</summary>
    public async Task<MirrorPair> AddAsync(PairDefinition definition, CancellationToken cancel)
    {
        var pair = new MirrorPair(definition, environment.AgentId);
        index.Put(definition);
        lock (_gate)
        {
            _pairs.Add(pair);
        }

        try
        {
            await OpenAsync(pair, cancel);
            return pair;
        }
        catch
        {
            await CloseAsync(pair);
            await RemoveAsync(pair);
            throw;
        }
    }

    /// <summary>Forgets a pair that was closed.</summary>
    public async Task RemoveAsync(MirrorPair pair)
    {
        index.Remove(pair.Definition.Id);
        lock (_gate)
        {
            _pairs.Remove(pair);
        }

        _stamps.Use([.. pair.LocalSites.SelectMany(site => site.Storages)]);
        await attachments.ForgetAsync([.. PairVolumes.IdsOf(pair.Definition)]);
    }

    /// <summary>Keeps a changed definition in the index and in the metadata of the open sides.</summary>
    public async Task UpdateAsync(MirrorPair pair, PairDefinition definition)
    {
        foreach (var side in pair.Sides)
        {
            await side.SetDefinitionAsync(definition);
        }

        index.Put(definition);
        pair.Definition = definition;
    }

    /// <summary>Keeps the changed definitions of closed pairs in the index, all or none.</summary>
    public void Replace(IReadOnlyList<(MirrorPair Pair, PairDefinition Definition)> changes)
    {
        index.Put([.. changes.Select(change => change.Definition)]);
        foreach (var (pair, definition) in changes)
        {
            pair.Definition = definition;
        }
    }

    /// <summary>
    /// Opens a pair's sides, connects them, runs its schedule, and brings its attachments back. Where one agent has both sides, one that can't be opened keeps the other one from
    /// nothing but being mirrored (P-8); <see cref="MirrorPair.OtherSideError"/> says why.
    /// </summary>
    /// <exception cref="ControlException">No side can be opened.</exception>
    public async Task OpenAsync(MirrorPair pair, CancellationToken cancel)
    {
        List<PairSide> sides = [];
        ControlException? failure = null;
        foreach (var site in pair.LocalSites)
        {
            try
            {
                sides.Add(await PairSide.OpenAsync(pair.Definition, site, environment, _stamps, Company, Leads));
            }
            catch (Exception error)
            {
                failure = ErrorTranslation.Translate(error);
            }
        }

        pair.Sides = sides;
        pair.OpenError = sides.Count == 0 ? failure : null;
        pair.OtherSideError = sides.Count == 0 ? null : failure;
        if (pair.OpenError is { } none)
        {
            throw none;
        }

        Connect(pair);
        await ApplyScheduleAsync(pair);
        foreach (var volume in PairVolumes.Of(pair))
        {
            await attachments.RestoreAsync(volume, cancel);
        }
    }

    /// <summary>Closes a pair's sides cleanly; its attachments are away until it is opened again.</summary>
    public async Task CloseAsync(MirrorPair pair)
    {
        await attachments.CloseAllAsync(PairVolumes.IdsOf(pair.Definition));
        var sides = pair.Sides;
        pair.Sides = [];
        if (pair.Connector is { } connector)
        {
            pair.Connector = null;
            await connector.DisposeAsync();
        }

        await Task.WhenAll(sides.Select(side => side.DisposeAsync().AsTask()));
    }

    /// <summary>Runs the schedule of the pair's definition, where this agent has the source.</summary>
    public async Task ApplyScheduleAsync(MirrorPair pair)
    {
        pair.Ticks = null;
        if (pair.SourceSide is { Source: { } source } side)
        {
            if (pair.Definition.Group is { } group && !group.IsLedBy(pair.Definition.Id))
            {
                // A group's points are taken by its lead's schedule.
                await source.SetScheduleAsync(CycleSchedule.Manual);
                return;
            }

            pair.Ticks = new ScheduleTicks(pair.Definition.Schedule, environment.Time.GetUtcNow(), () => side.History.List(1) is [{ EndedAt: null }]);
            await source.SetScheduleAsync(pair.Ticks.ToEngine());
        }
    }

    /// <summary>Takes a channel that another agent opens for a pair, or for a group.</summary>
    public bool TryAccept(Guid peerAgentId, Guid pairId, IPeerChannel channel)
    {
        if (Company.TryAccept(peerAgentId, pairId, channel))
        {
            return true;
        }

        if (TryFind(pairId.ToString()) is not { Sides: [var side] } pair || pair.PeerAgentId != peerAgentId)
        {
            return false;
        }

        // The other agent has the pair in its index: it is made.
        unfinished.TryDrop(pairId);
        side.Attach(channel);
        return true;
    }

    /// <inheritdoc/>
    IReadOnlyList<Volume> IVolumeDirectory.List() => [.. List().SelectMany(PairVolumes.Of)];

    /// <inheritdoc/>
    ControlException? IVolumeDirectory.WhyClosed(string nameOrId) => List().FirstOrDefault(pair => pair.OpenError is not null && HasVolume(pair, nameOrId))?.OpenError;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.WhenAll(List().Select(CloseAsync));

    private async Task TryOpenAsync(MirrorPair pair, CancellationToken cancel)
    {
        try
        {
            await OpenAsync(pair, cancel);
        }
        catch (ControlException error)
        {
            TellFailure(pair, EventKinds.PairOpenFailed, error);
            return;
        }

        events.Write(EventKinds.PairOpened, new(pair.Definition.Id, pair.Definition.Name), null);
        if (pair.OtherSideError is { } other)
        {
            TellFailure(pair, EventKinds.OtherSideClosed, other);
        }
    }

    private void TellFailure(MirrorPair pair, EventKind kind, ControlException error) => events.Write(
        kind, new(pair.Definition.Id, pair.Definition.Name), null,
        ("errorId", error.ErrorId), ("cause", error.Message), ("remedy", error.Remedy ?? ErrorTable.Find(error.ErrorId).Remedy));

    // Asked by the side that has the source while the other agent takes no channel: what that agent says is shown here as well (P-7).
    private async Task AskWhyAsync(MirrorPair pair, Guid peer, CancellationToken cancel)
    {
        var before = pair.OtherSideError;
        try
        {
            await links.RequestAsync(peer, PairMethods.Generations, PairJson.Write(new PairRequest(pair.Definition.Id)), cancel);
            pair.OtherSideError = null;
        }
        catch (LinkRequestException refused) when (refused.ErrorId is not (ErrorIds.PairNotHere or ErrorIds.PairBusy))
        {
            pair.OtherSideError = LostSides.SeenFromSource(ErrorTranslation.Translate(refused), pair.Definition, peer);
        }

        if (pair.OtherSideError is { } error && error.ErrorId != before?.ErrorId)
        {
            TellFailure(pair, EventKinds.OtherSideClosed, error);
        }
    }

    private static bool HasVolume(MirrorPair pair, string nameOrId) =>
        PairVolumes.NamesOf(pair.Definition).Contains(nameOrId, StringComparer.OrdinalIgnoreCase)
        || (Guid.TryParse(nameOrId, out var id) && PairVolumes.IdsOf(pair.Definition).Contains(id));

    private void Connect(MirrorPair pair)
    {
        if (pair.SourceSide is not { } source)
        {
            return;
        }

        pair.Connector = pair.PeerAgentId is { } peer
            ? PairConnector.ToPeer(
                source, peer, links, environment, refused: cancel => AskWhyAsync(pair, peer, cancel), accepted: () => pair.OtherSideError = null)
            : pair.Sides.FirstOrDefault(side => side != source) is { } other ? PairConnector.Within(source, other, environment) : null;
    }
}
