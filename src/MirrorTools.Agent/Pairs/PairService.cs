using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Exports;
using MirrorTools.Agent.Groups;
using MirrorTools.Agent.Pairs.Making;
using MirrorTools.Agent.Schedules;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Agent.Pairs;

/// <summary>What admins do with pairs; each change is told in an event with who asked for it.</summary>
internal sealed class PairService(
    PairRegistry registry, PairCreation creation, UnfinishedPairs unfinished, PairRoles roles, PairDescriber describer, IPeerLinks links, AttachmentService attachments, EventLog events,
    GroupService groups, TimeProvider time)
{
    private static readonly TimeSpan LongestConnecting = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ConnectingPause = TimeSpan.FromMilliseconds(20);

    /// <summary>All pairs, by name.</summary>
    public async Task<PairList> ListAsync() => new() { Items = [.. await Task.WhenAll(registry.List().Select(describer.DescribeAsync))] };

    /// <summary>One pair.</summary>
    public Task<PairInfo> GetAsync(string nameOrId) => describer.DescribeAsync(registry.Find(nameOrId));

    /// <summary>Makes a pair whose site 1 is this agent.</summary>
    public async Task<PairInfo> CreateAsync(NewPairRequest request, string actor, CancellationToken cancel)
    {
        if (request.Group is { } wanted)
        {
            groups.CheckMayJoin(wanted);
        }

        var pair = await creation.CreateAsync(request, cancel);
        Tell(pair, EventKinds.PairCreated, actor, ("sizeBytes", $"{pair.Definition.LengthBytes}"), ("grainSizeBytes", $"{pair.Definition.GrainBytes}"));
        if (request.Group is { } group)
        {
            await JoinAsync(pair, group, actor, cancel);
        }

        return await DescribeConnectedAsync(pair, cancel);
    }

    /// <summary>Changes a pair.</summary>
    public async Task<PairInfo> SetAsync(string nameOrId, SetPairRequest request, string actor, CancellationToken cancel)
    {
        var pair = registry.Find(nameOrId);
        ServiceSettings.CheckUsed(pair.Definition.Service, nameOrId, request.WritePolicy, request.CollisionPolicy, request.HardeningMethod, request.MaximumIncrementMs);
        using (await pair.BeginChangeAsync(cancel))
        {
            pair.RequireSource();
            var old = pair.Definition;
            var changed = old with
            {
                Name = NewName(pair, request.NewName),
                WritePolicy = Control.Query.Name(request.WritePolicy, old.WritePolicy, "write policy"),
                CollisionPolicy = Control.Query.Name(request.CollisionPolicy, old.CollisionPolicy, "collision policy"),
                WriteDeadlineMs = PairSettings.Deadline(request.WriteDeadlineMs) ?? old.WriteDeadlineMs,
                RunTimerMs = PairSettings.RunTimer(request.RunTimerMs) ?? old.RunTimerMs,
                MaximumIncrementMs = PairSettings.MaximumIncrement(request.MaximumIncrementMs) ?? old.MaximumIncrementMs,
                RetainPoints = PairSettings.Points(old.Service, request.RetainPoints) ?? old.RetainPoints,
            };
            await UpdateEverywhereAsync(pair, changed, cancel);
            Tell(pair, EventKinds.PairChanged, actor, ("changes", Difference(old, changed)));
        }

        return await describer.DescribeAsync(pair);
    }

    /// <summary>Takes a pair away; A stays as it is. Goes through with site 2 away, and then says what is left there.</summary>
    public async Task<PairInfo> RemoveAsync(string nameOrId, bool deleteData, string actor, CancellationToken cancel)
    {
        var pair = registry.Find(nameOrId);
        if (pair.Definition.Group is { } group && pair.SourceSide is not null)
        {
            throw new ControlException(ErrorIds.PairInGroup, $"The pair '{pair.Definition.Name}' is in the group '{group.Name}'.", pair.Definition.Name);
        }

        var hosts = PairVolumes.IdsOf(pair.Definition).SelectMany(attachments.Of).Sum(attachment => attachment.Connections);
        if (hosts > 0)
        {
            throw new ControlException(ErrorIds.VolumeInUse, $"{hosts} {(hosts == 1 ? "host is" : "hosts are")} connected to volumes of the pair '{pair.Definition.Name}'.", pair.Definition.Name);
        }

        var before = await describer.DescribeAsync(pair);
        using (await pair.BeginChangeAsync(cancel))
        {
            pair.IsRemoving = true;
            var left = await RemoveOtherSideAsync(pair, deleteData);
            await registry.CloseAsync(pair);
            await registry.RemoveAsync(pair);
            unfinished.TryDrop(pair.Definition.Id);
            foreach (var site in pair.LocalSites)
            {
                var storages = !deleteData ? [] : site == pair.Definition.SourceSite ? [site.Intermediate] : site.Storages;
                PairFiles.Delete(site, storages);
            }

            Tell(pair, EventKinds.PairRemoved, actor, ("left", left));
        }

        return before;
    }

    /// <summary>Suspends mirroring; hosts go on.</summary>
    public async Task<PairInfo> SuspendAsync(string nameOrId, string actor, CancellationToken cancel)
    {
        var pair = registry.Find(nameOrId);
        using (await pair.BeginChangeAsync(cancel))
        {
            var source = pair.RequireSource().Source!;
            if ((await source.GetStatusAsync()).Suspended != Engine.Pairs.SuspendReason.None)
            {
                throw new ControlException(ErrorIds.PairSuspended, $"The pair '{pair.Definition.Name}' is suspended already.", pair.Definition.Name);
            }

            await source.SuspendAsync();
            Tell(pair, EventKinds.PairSuspended, actor);
        }

        return await describer.DescribeAsync(pair);
    }

    /// <summary>Resumes mirroring.</summary>
    public async Task<PairInfo> ResumeAsync(string nameOrId, ResumePairRequest request, string actor, CancellationToken cancel)
    {
        var pair = registry.Find(nameOrId);
        await roles.ResumeAsync(pair, request.DiscardChangesOn, cancel);
        Tell(pair, EventKinds.PairResumed, actor);
        return await DescribeConnectedAsync(pair, cancel);
    }

    /// <summary>A pair's schedule.</summary>
    public ScheduleInfo GetSchedule(string nameOrId)
    {
        var pair = registry.Find(nameOrId);
        var lead = registry.LeadOf(pair);
        lead.RequireSource();
        return lead.Ticks!.Describe(pair.Definition.Name, pair.Definition.Id);
    }

    /// <summary>Sets a pair's schedule.</summary>
    public async Task<ScheduleInfo> SetScheduleAsync(string nameOrId, ScheduleInfo request, string actor, CancellationToken cancel)
    {
        var schedule = PairSchedule.Parse(request);
        var pair = registry.LeadOf(registry.Find(nameOrId));
        using (await pair.BeginChangeAsync(cancel))
        {
            pair.RequireSource();
            await UpdateEverywhereAsync(pair, pair.Definition with { Schedule = schedule }, cancel);
            await registry.ApplyScheduleAsync(pair);
            Tell(pair, EventKinds.ScheduleSet, actor, ("schedule", schedule.ToString()));
        }

        return GetSchedule(nameOrId);
    }

    // The two sides find each other within moments; an admin is not shown that they have not yet.
    private async Task<PairInfo> DescribeConnectedAsync(MirrorPair pair, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var info = await describer.DescribeAsync(pair);
            var isComing = info.State == nameof(PairState.Disconnected) && pair.OtherSideError is null && (pair.PeerAgentId is not { } peer || links.IsConnected(peer));
            if (!isComing || time.GetElapsedTime(began) > LongestConnecting)
            {
                return info;
            }

            await Task.Delay(ConnectingPause, time, cancel);
        }
    }

    private async Task JoinAsync(MirrorPair pair, string group, string actor, CancellationToken cancel)
    {
        try
        {
            await groups.JoinAsync(group, pair, actor, cancel);
        }
        catch (ControlException error)
        {
            throw new ControlException(error.ErrorId, $"The pair '{pair.Definition.Name}' was made, but is not in the group '{group}': {error.Message}", pair.Definition.Name, error)
            {
                Remedy = $"{error.Remedy ?? ErrorTable.Find(error.ErrorId).Remedy} Then run Set-MirrorGroup -Add.",
            };
        }
    }

    private static string Difference(PairDefinition old, PairDefinition changed)
    {
        List<string> changes = [];
        void Add(string what, object before, object after)
        {
            if (!before.Equals(after))
            {
                changes.Add($"{what} {before} => {after}");
            }
        }

        Add("name", old.Name, changed.Name);
        Add("write policy", old.WritePolicy, changed.WritePolicy);
        Add("collision policy", old.CollisionPolicy, changed.CollisionPolicy);
        Add("write deadline (ms)", old.WriteDeadlineMs, changed.WriteDeadlineMs);
        Add("run timer", old.RunTimer, changed.RunTimer);
        Add("maximum increment", old.MaximumIncrement, changed.MaximumIncrement);
        Add("retained points", old.RetainPoints, changed.RetainPoints);
        return changes.Count == 0 ? "nothing" : string.Join(", ", changes);
    }

    private string NewName(MirrorPair pair, string? asked)
    {
        if (string.IsNullOrEmpty(asked))
        {
            return pair.Definition.Name;
        }

        PairNames.Check(asked);
        return registry.TryFind(asked) is { } other && other != pair
            ? throw new ControlException(ErrorIds.PairExists, $"There is a pair '{asked}' already.", asked)
            : asked;
    }

    // The other agent first: it may refuse a name, and it is the one that retains points. Where it is away and neither changes, it hears of the rest when it matters, since only the
    // source acts on it.
    private async Task UpdateEverywhereAsync(MirrorPair pair, PairDefinition changed, CancellationToken cancel)
    {
        var isNeeded = changed.Name != pair.Definition.Name || changed.RetainPoints != pair.Definition.RetainPoints;
        if (pair.PeerAgentId is { } peer && (isNeeded || links.IsConnected(peer)))
        {
            await links.RequestAsync(peer, PairMethods.Update, PairJson.Write(changed), cancel);
        }

        await registry.UpdateAsync(pair, changed);
    }

    private async Task<string> RemoveOtherSideAsync(MirrorPair pair, bool deleteData)
    {
        if (pair.PeerAgentId is not { } peer)
        {
            return "";
        }

        try
        {
            if (links.IsConnected(peer))
            {
                await links.RequestAsync(peer, PairMethods.Remove, PairJson.Write(new PairRequest(pair.Definition.Id, deleteData)), CancellationToken.None);
                return "";
            }
        }
        catch (Exception error) when (ErrorTranslation.Translate(error) is { ErrorId: not ErrorIds.InternalError } known)
        {
            if (known.ErrorId == ErrorIds.PairNotFound)
            {
                return "";
            }
        }

        return "The other agent was away; its side is still there, and Remove-MirrorPair at that agent takes it away.";
    }

    private void Tell(MirrorPair pair, EventKind kind, string actor, params ReadOnlySpan<(string Name, string Value)> arguments) =>
        events.Write(kind, new(pair.Definition.Id, pair.Definition.Name), actor, arguments);
}
