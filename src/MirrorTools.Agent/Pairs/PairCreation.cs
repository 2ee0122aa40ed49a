using MirrorTools.Agent.Control;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.Pairs.Making;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Link.Frames;
using MirrorTools.Engine.Pairs;
using PairRole = MirrorTools.Engine.Pairs.PairRole;

namespace MirrorTools.Agent.Pairs;

/// <summary>Makes pairs: checks everything before anything is made, and takes back what was made where the pair comes to nothing.</summary>
internal sealed class PairCreation(
    PairRegistry registry, PairClaims claims, UnfinishedPairs unfinished, PairTakeBack takeBack, PairEnvironment environment, IPeerLinks links, AgentSettings settings)
{
    private static readonly StorageOptions AnySector = StorageOptions.Default;

    /// <summary>Makes a pair whose site 1 is this agent.</summary>
    public async Task<MirrorPair> CreateAsync(NewPairRequest request, CancellationToken cancel)
    {
        using var claim = Claim(request);
        var target = FindTarget(request.TargetAgent);
        var site = Place(request, claim);
        await takeBack.SettleAsync(target.Id);
        var maker = Begin(Guid.NewGuid(), request.Name, isSource: true, peer: null);
        try
        {
            var definition = await MeasureAsync(request, site, target, maker);
            await maker.EnsureIntermediateAsync(definition, site);
            await SiteLayout.MakeMetadataAsync(maker, definition, site, environment.Paths);
            var generation = new Generation(Guid.NewGuid(), definition.CreatedAt, environment.AgentId);

            // Locked meanwhile: another agent on this machine must not take them for its own.
            maker.Hold(site.Storages);
            definition = definition with { TargetSite = await CreateOtherSideAsync(definition, request, generation, claim, maker, cancel) };
            await maker.ReleaseAsync();
            await PairSide.CreateAsync(definition, site, FirstRecord(definition, PairRole.Source, generation, request.Seeded), environment);
            var pair = await registry.AddAsync(definition, cancel);
            unfinished.TryDrop(definition.Id);
            return pair;
        }
        catch
        {
            await maker.ReleaseAsync();
            await takeBack.TakeBackAsync(maker.PairId);
            throw;
        }
    }

    /// <summary>Refuses what <see cref="CreateAsync"/> would refuse, as far as that can be told without the other agent; makes nothing.</summary>
    public void Check(NewPairRequest request)
    {
        using var claim = Claim(request);
        FindTarget(request.TargetAgent);
        NewPairChecks.Source(request, Place(request, claim).Volume);
    }

    /// <summary>Claims the name of a pair whose site 2 another agent wants here.</summary>
    /// <exception cref="ControlException">The name or the service is not possible, or another pair has the name.</exception>
    public PairClaim ClaimTarget(PairDefinition draft)
    {
        PairNames.Check(draft.Name);
        ServiceSettings.CheckHere(draft.Service);
        return claims.Claim(draft.Name, $"The target's agent has a pair '{draft.Name}' already.");
    }

    /// <summary>Makes site 2 of a pair on this agent, for another agent; the pair is not kept in the index yet, and is to be taken back where it does not get there.</summary>
    public async Task<PairDefinition> MakeTargetAsync(CreateSideRequest request, PairClaim claim)
    {
        var draft = request.Definition;
        try
        {
            return await MakeTargetAsync(request, claim, Begin(draft.Id, draft.Name, isSource: false, draft.SourceSite.AgentId));
        }
        catch
        {
            await takeBack.TakeBackAsync(draft.Id);
            throw;
        }
    }

    private async Task<PairDefinition> MakeTargetAsync(CreateSideRequest request, PairClaim claim, SiteMaker maker)
    {
        var draft = request.Definition;
        var site = SiteLayout.Place(
            draft.Name, draft.Service, (environment.AgentId, settings.Name), isSource: false, draft.TargetSite.Volume, draft.TargetSite.Intermediate, request.MetadataDirectory,
            environment.Paths);
        claim.Add(site.Storages);
        var definition = draft with { TargetSite = site };
        await maker.EnsureStoragesAsync(definition, site);
        await SiteLayout.MakeMetadataAsync(maker, definition, site, environment.Paths);
        var generation = new Generation(request.GenerationId, draft.CreatedAt, draft.SourceSite.AgentId);
        await PairSide.CreateAsync(definition, site, FirstRecord(definition, PairRole.Target, generation, needsComparison: false), environment);
        return definition;
    }

    private SiteMaker Begin(Guid pairId, string name, bool isSource, Guid? peer)
    {
        unfinished.Begin(new UnfinishedPair(pairId, name, isSource, peer, []));
        return new SiteMaker(pairId, unfinished);
    }

    private PairClaim Claim(NewPairRequest request)
    {
        NewPairChecks.Settings(request);
        return claims.Claim(request.Name, $"There is a pair '{request.Name}' already.");
    }

    private SiteDefinition Place(NewPairRequest request, PairClaim claim)
    {
        var site = SiteLayout.Place(
            request.Name, NewPairChecks.Service(request), (environment.AgentId, settings.Name), isSource: true, request.Source, request.FirstIntermediate, request.MetadataPath,
            environment.Paths);
        claim.Add(site.Storages);
        return site;
    }

    private static PairRecord FirstRecord(PairDefinition definition, PairRole role, Generation generation, bool needsComparison) => new()
    {
        Role = role,
        Generations = new GenerationHistory([generation]),
        SourceRoleOrdinal = role == PairRole.Source ? 1u : 0,
        TargetRoleOrdinal = role == PairRole.Target ? 1u : 0,
        NeedsComparison = needsComparison,
        Definition = PairJson.WriteDefinition(definition),
    };

    private (Guid Id, string Name) FindTarget(string? nameOrId) => string.IsNullOrEmpty(nameOrId)
        || nameOrId.Equals(settings.Name, StringComparison.OrdinalIgnoreCase) || nameOrId == environment.AgentId.ToString()
            ? (environment.AgentId, settings.Name)
            : links.Find(nameOrId);

    private async Task<PairDefinition> MeasureAsync(NewPairRequest request, SiteDefinition site, (Guid Id, string Name) target, SiteMaker maker)
    {
        NewPairChecks.Source(request, site.Volume);
        if (request.SizeBytes is { } sizeBytes && StorageFiles.TryIdentify(site.Volume) is null)
        {
            await maker.MakeAsync(site.Volume, sizeBytes, AnySector, isStorage: true);
        }

        await using var source = StorageFiles.Open(site.Volume, AnySector);
        NewPairChecks.ExistingSource(request, source.Geometry.LengthBytes, site.Volume);
        return new PairDefinition
        {
            Id = maker.PairId,
            Name = request.Name,
            Service = NewPairChecks.Service(request),
            CreatedAt = environment.Time.GetUtcNow(),
            VolumeId = Guid.NewGuid(),
            SourceSite = site,
            TargetSite = new SiteDefinition(target.Id, target.Name, request.Target, request.SecondIntermediate ?? "", "", ""),
            LengthBytes = source.Geometry.LengthBytes,
            SectorBytes = source.Geometry.LogicalSectorBytes,
            GrainBytes = NewPairChecks.GrainBytes(request),
            WritePolicy = Query.Name(request.WritePolicy, Contracts.Pairs.WritePolicy.CopyOnWriteLocal, "write policy"),
            CollisionPolicy = Query.Name(request.CollisionPolicy, CollisionPolicy.NewImage, "collision policy"),
            WriteDeadlineMs = PairSettings.Deadline(request.WriteDeadlineMs) ?? PairSettings.UsualDeadlineMs,
            RunTimerMs = PairSettings.RunTimer(request.RunTimerMs),
            MaximumIncrementMs = PairSettings.MaximumIncrement(request.MaximumIncrementMs),
            RetainPoints = PairSettings.Points(NewPairChecks.Service(request), request.RetainPoints) ?? 1,
            Schedule = NewPairChecks.Schedule(request),
        };
    }

    private async Task<SiteDefinition> CreateOtherSideAsync(
        PairDefinition draft, NewPairRequest request, Generation generation, PairClaim claim, SiteMaker maker, CancellationToken cancel)
    {
        var asked = new CreateSideRequest(draft, request.TargetMetadataPath, generation.Id);
        if (draft.TargetSite.AgentId == environment.AgentId)
        {
            return (await MakeTargetAsync(asked, claim, maker)).TargetSite;
        }

        // From here on the other agent may have a side, whatever its answer and whether it comes.
        unfinished.SetPeer(draft.Id, draft.TargetSite.AgentId);
        try
        {
            // One of an older version would not read the service, and make a side of flashcopy.
            var needed = draft.IsAsyncCopy ? LinkFeatures.AsyncCopy : LinkFeatures.None;
            return PairJson.Read<SiteDefinition>(await links.RequestAsync(draft.TargetSite.AgentId, PairMethods.Create, PairJson.Write(asked), cancel, needed));
        }
        catch (LinkRequestException refused)
        {
            if (ErrorTable.Ids.Contains(refused.ErrorId) || refused.ErrorId is LinkRequestException.UnknownMethod or LinkRequestException.Busy)
            {
                // It has said that it made nothing.
                unfinished.SetPeer(draft.Id, null);
            }

            throw FromTarget(refused, draft);
        }
        catch (ControlException)
        {
            // It could not be asked.
            unfinished.SetPeer(draft.Id, null);
            throw;
        }
    }

    // Whose machine it is about, and what this agent sees that the other one can't know.
    private static ControlException FromTarget(LinkRequestException refused, PairDefinition draft)
    {
        var known = ErrorTranslation.Translate(refused);
        if (known.ErrorId != refused.ErrorId)
        {
            return known;
        }

        var hint = known.ErrorId == ErrorIds.StorageInUse && StorageClaims.FindSame(draft.SourceSite.Storages, draft.TargetSite.Storages) is var (near, far)
            ? $" On this agent's machine '{far}' is the same file as '{near}': where both agents run on one machine, give New-MirrorPair another path."
            : "";
        return new ControlException(known.ErrorId, $"The target's agent '{draft.TargetSite.AgentName}': {known.Message}{hint}", known.Target, refused) { Remedy = known.Remedy };
    }
}
