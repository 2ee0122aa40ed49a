using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Pairs.Making;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>Answers what other agents ask about the pairs the two have in common.</summary>
internal sealed class PairRequests(
    PairRegistry registry, PairCreation creation, SidesInMaking sides, UnfinishedPairs unfinished, PairTakeBack takeBack, PairMaps maps, PairRoles roles, SideRemaker remaker, NamedPoints names, EventLog events)
{
    /// <summary>The handlers by method name.</summary>
    public IEnumerable<KeyValuePair<string, LinkRequestHandler>> Handlers =>
    [
        new(PairMethods.Create, PeerAnswers.With<CreateSideRequest>(CreateAsync)),
        new(PairMethods.Remove, PeerAnswers.With<PairRequest>(RemoveAsync)),
        new(PairMethods.Update, PeerAnswers.With<PairDefinition>(UpdateAsync)),
        new(PairMethods.Repair, PeerAnswers.With<PairRequest>(RepairAsync)),
        new(PairMethods.Bitmap, PeerAnswers.With<MapRequest>(async (peer, request, cancel) =>
            await maps.GetPageAsync(Shared(peer, request.PairId).Definition.Id.ToString(), request.Map, null, request.FirstGrain, request.Take, cancel))),
        new(PairMethods.Ranges, PeerAnswers.With<MapRequest>(async (peer, request, cancel) =>
            await maps.GetRangesAsync(Shared(peer, request.PairId).Definition.Id.ToString(), request.Map, null, request.FirstGrain, request.Take, cancel))),
        new(PairMethods.Generations, PeerAnswers.With<PairRequest>(async (peer, request, _) =>
            new GenerationsMessage(request.PairId, (await PairRoles.GenerationsAsync(Shared(peer, request.PairId))).Items))),
        new(PairMethods.BecomeTarget, PeerAnswers.With<GenerationsMessage>(async (peer, request, cancel) =>
        {
            await roles.BecomeTargetAsync(Shared(peer, request.PairId), new GenerationHistory(request.Items), cancel);
            return new PairRequest(request.PairId);
        })),
        new(PairMethods.NamePoint, PeerAnswers.With<NamePointRequest>(async (peer, request, _) =>
        {
            await names.NameHereAsync(Shared(peer, request.PairId), request.Number, request.Name, "the other agent");
            return new PairRequest(request.PairId);
        })),
        new(PairMethods.Remake, PeerAnswers.With<GenerationsMessage>(RemakeAsync)),
    ];

    // An agent may speak only of the pairs it has a side of.
    private MirrorPair Shared(Guid peer, Guid pairId) => registry.TryFind(pairId.ToString()) is { } pair && pair.PeerAgentId == peer
        ? pair
        : throw new ControlException(ErrorIds.PairNotFound, $"The other agent has no pair {pairId} with this one.");

    private async Task<object> CreateAsync(Guid peer, CreateSideRequest request, CancellationToken cancel)
    {
        if (request.Definition.SourceSite.AgentId != peer)
        {
            throw new ControlException(ErrorIds.AgentNotTrusted, "An agent can make pairs only with itself as the source.");
        }

        using var making = sides.Begin(request.Definition.Id);
        using var claim = creation.ClaimTarget(request.Definition);
        var definition = await creation.MakeTargetAsync(request, claim);
        try
        {
            await registry.AddAsync(definition, cancel);
        }
        catch
        {
            await takeBack.TakeBackAsync(definition.Id);
            throw;
        }

        events.Write(
            EventKinds.PairCreated, new(definition.Id, definition.Name), definition.SourceSite.AgentName,
            ("sizeBytes", $"{definition.LengthBytes}"), ("grainSizeBytes", $"{definition.GrainBytes}"));
        return definition.TargetSite;
    }

    private async Task<object> RemoveAsync(Guid peer, PairRequest request, CancellationToken cancel)
    {
        if (request.IsTakenBack)
        {
            sides.TakeBack(request.PairId);
        }

        var pair = Shared(peer, request.PairId);
        using var change = await pair.BeginChangeAsync(cancel);
        if (request.IsTakenBack && unfinished.Find(pair.Definition.Id) is null)
        {
            throw new ControlException(ErrorIds.PairExists, $"The pair '{pair.Definition.Name}' is whole: its two sides were connected.", pair.Definition.Name);
        }

        await registry.CloseAsync(pair);
        await registry.RemoveAsync(pair);
        if (request.IsTakenBack)
        {
            await takeBack.TakeBackAsync(pair.Definition.Id);
        }
        else
        {
            unfinished.TryDrop(pair.Definition.Id);
            foreach (var site in pair.LocalSites)
            {
                PairFiles.Delete(site, request.DeleteData ? site.Storages : []);
            }
        }

        events.Write(EventKinds.PairRemoved, new(pair.Definition.Id, pair.Definition.Name), "the other agent", ("left", ""));
        return request;
    }

    private async Task<object> UpdateAsync(Guid peer, PairDefinition definition, CancellationToken cancel)
    {
        var pair = Shared(peer, definition.Id);
        if (registry.TryFind(definition.Name) is { } other && other != pair)
        {
            throw new ControlException(ErrorIds.PairExists, $"The other agent has a pair '{definition.Name}' already.", definition.Name);
        }

        if (definition.Group is { IsSound: false })
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"What the other agent says of the group of the pair '{definition.Name}' can't be understood.", definition.Name);
        }

        using var change = await pair.BeginChangeAsync(cancel);

        // Only what an admin may set; the sites are this agent's own to say.
        await registry.UpdateAsync(pair, pair.Definition with
        {
            Name = definition.Name,
            WritePolicy = definition.WritePolicy,
            CollisionPolicy = definition.CollisionPolicy,
            WriteDeadlineMs = definition.WriteDeadlineMs,
            RunTimerMs = definition.RunTimerMs,
            MaximumIncrementMs = definition.MaximumIncrementMs,
            RetainPoints = definition.RetainPoints,
            Schedule = definition.Schedule,
            Group = definition.Group,
        });
        return new PairRequest(definition.Id);
    }

    private async Task<object> RemakeAsync(Guid peer, GenerationsMessage request, CancellationToken cancel)
    {
        var pair = Shared(peer, request.PairId);
        using var change = await pair.BeginChangeAsync(cancel);
        await remaker.RemakeAsync(pair, pair.LocalSites[0], new GenerationHistory(request.Items), cancel);
        return new PairRequest(request.PairId);
    }

    private async Task<object> RepairAsync(Guid peer, PairRequest request, CancellationToken cancel) =>
        new RepairAnswer(request.PairId, await roles.RepairAsync(Shared(peer, request.PairId), cancel));
}
