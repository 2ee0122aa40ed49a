using MirrorTools.Agent.Control;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.Schedules;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using PairRole = MirrorTools.Engine.Pairs.PairRole;

namespace MirrorTools.Agent.Pairs;

/// <summary>Makes pairs: checks everything before anything is made, and takes back what was made where the pair comes to nothing.</summary>
internal sealed class PairCreation(PairRegistry registry, PairClaims claims, PairEnvironment environment, IPeerLinks links, AgentSettings settings)
{
    private static readonly StorageOptions AnySector = StorageOptions.Default;

    /// <summary>Makes a pair whose site 1 is this agent.</summary>
    public async Task<MirrorPair> CreateAsync(NewPairRequest request, CancellationToken cancel)
    {
        CheckSettings(request);
        using var claim = claims.Claim(request.Name, $"There is a pair '{request.Name}' already.");
        var target = FindTarget(request.TargetAgent);
        var site = SiteLayout.Place(
            request.Name, (environment.AgentId, settings.Name), isSource: true, request.Source, request.FirstIntermediate, request.MetadataPath, environment.Paths);
        claim.Add(site.Storages);
        var maker = new SiteMaker();
        try
        {
            var definition = await MeasureAsync(request, site, target, maker);
            await maker.EnsureStorageAsync(site.Intermediate, definition.LengthBytes, definition.SectorBytes);
            var generation = new Generation(Guid.NewGuid(), definition.CreatedAt, environment.AgentId);
            definition = definition with { TargetSite = await CreateOtherSideAsync(definition, request, generation, claim, cancel) };
            try
            {
                await SiteLayout.MakeMetadataAsync(maker, definition, site, environment.Paths);
                await PairSide.CreateAsync(definition, site, FirstRecord(definition, PairRole.Source, generation, request.Seeded), environment);
                return await registry.AddAsync(definition, cancel);
            }
            catch
            {
                await TakeBackOtherSideAsync(definition);
                throw;
            }
        }
        catch
        {
            maker.TakeBack();
            throw;
        }
    }

    /// <summary>Claims the name of a pair whose site 2 another agent wants here.</summary>
    /// <exception cref="ControlException">The name is not possible, or another pair has it.</exception>
    public PairClaim ClaimTarget(PairDefinition draft)
    {
        PairNames.Check(draft.Name);
        return claims.Claim(draft.Name, $"The target's agent has a pair '{draft.Name}' already.");
    }

    /// <summary>Makes site 2 of a pair on this agent, for another agent or for this one; the pair is not kept in the index yet.</summary>
    public async Task<(PairDefinition Definition, SiteMaker Maker)> MakeTargetAsync(CreateSideRequest request, PairClaim claim)
    {
        var draft = request.Definition;
        var site = SiteLayout.Place(
            draft.Name, (environment.AgentId, settings.Name), isSource: false, draft.TargetSite.Volume, draft.TargetSite.Intermediate, request.MetadataDirectory, environment.Paths);
        claim.Add(site.Storages);
        var definition = draft with { TargetSite = site };
        var maker = new SiteMaker();
        try
        {
            await maker.EnsureStorageAsync(site.Volume, definition.LengthBytes, definition.SectorBytes);
            await maker.EnsureStorageAsync(site.Intermediate, definition.LengthBytes, definition.SectorBytes);
            await SiteLayout.MakeMetadataAsync(maker, definition, site, environment.Paths);
            var generation = new Generation(request.GenerationId, draft.CreatedAt, draft.SourceSite.AgentId);
            await PairSide.CreateAsync(definition, site, FirstRecord(definition, PairRole.Target, generation, needsComparison: false), environment);
            return (definition, maker);
        }
        catch
        {
            maker.TakeBack();
            throw;
        }
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

    private static void CheckSettings(NewPairRequest request)
    {
        PairNames.Check(request.Name);
        if (Query.Name(request.Service, CopyService.Flashcopy, "copy service") is var service && service != CopyService.Flashcopy)
        {
            throw new ControlException(ErrorIds.CopyServiceNotSupported, $"This agent does not have the copy service {service}.", request.Service);
        }

        if ((request.CollisionPolicy ?? request.HardeningMethod) is { } unused)
        {
            throw new ControlException(ErrorIds.ParameterNotUsedByService, $"Flashcopy does not use '{unused}' (-CollisionPolicy, -HardeningMethod).", request.Name);
        }

        if (request.Group is not null)
        {
            throw new ControlException(ErrorIds.InvalidArgument, "This agent has no consistency groups yet; leave -Group out.", request.Group);
        }

        if (GrainGeometry.Validate(GrainGeometry.MinimumGrainBytes, request.GrainSizeBytes ?? GrainGeometry.DefaultGrainBytes) is { } fault)
        {
            throw new ControlException(ErrorIds.GrainSizeInvalid, fault, request.Name);
        }
    }

    private (Guid Id, string Name) FindTarget(string? nameOrId) => string.IsNullOrEmpty(nameOrId)
        || nameOrId.Equals(settings.Name, StringComparison.OrdinalIgnoreCase) || nameOrId == environment.AgentId.ToString()
            ? (environment.AgentId, settings.Name)
            : links.Find(nameOrId);

    private async Task<PairDefinition> MeasureAsync(NewPairRequest request, SiteDefinition site, (Guid Id, string Name) target, SiteMaker maker)
    {
        var grainBytes = (int)(request.GrainSizeBytes ?? GrainGeometry.DefaultGrainBytes);
        if (request.SizeBytes is { } sizeBytes && StorageFiles.TryIdentify(site.Volume) is null)
        {
            CheckSize(sizeBytes, grainBytes, site.Volume);
            await maker.MakeAsync(site.Volume, sizeBytes, AnySector);
        }

        await using var source = StorageFiles.Open(site.Volume, AnySector);
        CheckSize(source.Geometry.LengthBytes, grainBytes, site.Volume);
        return new PairDefinition
        {
            Id = Guid.NewGuid(),
            Name = request.Name,
            CreatedAt = environment.Time.GetUtcNow(),
            VolumeId = Guid.NewGuid(),
            SourceSite = site,
            TargetSite = new SiteDefinition(target.Id, target.Name, request.Target, request.SecondIntermediate ?? "", "", ""),
            LengthBytes = source.Geometry.LengthBytes,
            SectorBytes = source.Geometry.LogicalSectorBytes,
            GrainBytes = grainBytes,
            WritePolicy = Query.Name(request.WritePolicy, Contracts.Pairs.WritePolicy.CopyOnWriteLocal, "write policy"),
            WriteDeadlineMs = PairSettings.Deadline(request.WriteDeadlineMs) ?? PairSettings.UsualDeadlineMs,
            RetainPoints = PairSettings.Points(request.RetainPoints) ?? 1,
            Schedule = request.Schedule is null ? PairSchedule.Manual : PairSchedule.Parse(request.Schedule),
        };
    }

    private static void CheckSize(long lengthBytes, int grainBytes, string path)
    {
        if (lengthBytes <= 0 || lengthBytes % 512 != 0)
        {
            throw new ControlException(ErrorIds.SizeNotSectors, $"'{path}' has {lengthBytes} bytes, which is no multiple of a sector of 512.", path);
        }

        if (GrainGeometry.Validate(lengthBytes, grainBytes) is { } fault)
        {
            throw new ControlException(ErrorIds.SizeTooLarge, fault, path);
        }
    }

    private async Task<SiteDefinition> CreateOtherSideAsync(PairDefinition draft, NewPairRequest request, Generation generation, PairClaim claim, CancellationToken cancel)
    {
        var asked = new CreateSideRequest(draft, request.TargetMetadataPath, generation.Id);
        if (draft.TargetSite.AgentId == environment.AgentId)
        {
            return (await MakeTargetAsync(asked, claim)).Definition.TargetSite;
        }

        var answer = await links.RequestAsync(draft.TargetSite.AgentId, PairMethods.Create, PairJson.Write(asked), cancel);
        return PairJson.Read<SiteDefinition>(answer);
    }

    private async Task TakeBackOtherSideAsync(PairDefinition definition)
    {
        if (definition.TargetSite.AgentId == environment.AgentId)
        {
            PairFiles.Delete(definition.TargetSite, storages: []);
            return;
        }

        try
        {
            await links.RequestAsync(
                definition.TargetSite.AgentId, PairMethods.Remove, PairJson.Write(new PairRequest(definition.Id)), CancellationToken.None);
        }
        catch (Exception error) when (ErrorTranslation.Translate(error) is { ErrorId: not ErrorIds.InternalError })
        {
            // What is left at the other agent is a pair that never connects; Remove-MirrorPair there takes it away.
        }
    }
}
