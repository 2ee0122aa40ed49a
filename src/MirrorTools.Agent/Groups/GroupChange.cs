using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Exports;
using MirrorTools.Agent.Pairs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Link.Frames;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Groups;

/// <summary>
/// Changes which pairs are in a group. No point is under way or in doubt meanwhile, so that no member waits for a lead that is not its own any more; the pairs are closed, changed in the
/// index all at once, and opened again.
/// </summary>
internal sealed class GroupChange(PairRegistry registry, AttachmentService attachments, IPeerLinks links, TimeProvider time)
{
    private static readonly TimeSpan CalmDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CalmPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>Puts pairs of this agent into a group, and others out of theirs.</summary>
    /// <param name="members">The pairs that are in the group from now on, in its order.</param>
    /// <param name="leaving">Pairs that are in none from now on.</param>
    /// <param name="membership">What the members' definitions say.</param>
    /// <param name="beforehand">Called once nothing here stands against the change, and before anything is changed: what it throws ends the change.</param>
    /// <param name="cancel">Ends the waits before anything is changed.</param>
    /// <exception cref="ControlException">Hosts are connected, a cycle runs, or an agent is away: nothing is changed. Or a pair can't be opened again: its state says why.</exception>
    public async Task ApplyAsync(
        IReadOnlyList<MirrorPair> members, IReadOnlyList<MirrorPair> leaving, GroupMembership? membership, Func<Task> beforehand, CancellationToken cancel)
    {
        using var turns = await BeginAsync([.. members, .. leaving], cancel);
        List<(MirrorPair Pair, PairDefinition Definition)> changes =
        [
            .. members.Select(pair => (pair, pair.Definition with { Group = membership })),
            .. leaving.Select(pair => (pair, pair.Definition with { Group = null })),
        ];
        changes.ForEach(static change => PairJson.WriteDefinition(change.Definition));
        await CheckKnownAsync(members, membership, cancel);
        await PrepareAsync(
            [.. members, .. leaving],
            leaving,
            async () =>
            {
                await beforehand();
                await TellPeersAsync(changes, cancel);
            },
            cancel);
        await CarryThroughAsync(changes);
    }

    /// <summary>Refuses what <see cref="ApplyAsync"/> would refuse, and changes nothing.</summary>
    public async Task CheckAsync(IReadOnlyList<MirrorPair> members, IReadOnlyList<MirrorPair> leaving, GroupMembership? membership, CancellationToken cancel)
    {
        using var turns = await BeginAsync([.. members, .. leaving], cancel);
        foreach (var pair in members)
        {
            PairJson.WriteDefinition(pair.Definition with { Group = membership });
        }

        MirrorPair[] affected = [.. members, .. leaving];
        foreach (var pair in affected)
        {
            CheckPeer(pair);
        }

        await CheckKnownAsync(members, membership, cancel);
        await PrepareAsync(affected, leaving, static () => Task.CompletedTask, cancel);
        await ScheduleAsync(affected);
    }

    /// <summary>Gives a group another name. Its pairs stay open: who is in it does not change.</summary>
    /// <exception cref="ControlException">The other agent is away: nothing is changed.</exception>
    public async Task RenameAsync(IReadOnlyList<MirrorPair> members, GroupMembership membership, CancellationToken cancel)
    {
        using var turns = await BeginAsync(members, cancel);
        List<(MirrorPair Pair, PairDefinition Definition)> changes = [.. members.Select(pair => (pair, pair.Definition with { Group = membership }))];
        await TellPeersAsync(changes, cancel);
        foreach (var (pair, definition) in changes)
        {
            foreach (var side in pair.Sides)
            {
                await side.SetDefinitionAsync(definition);
            }
        }

        registry.Replace(changes);
    }

    /// <summary>Refuses where a host is connected: the volume is away for a moment.</summary>
    public void CheckHosts(MirrorPair pair)
    {
        var hosts = PairVolumes.IdsOf(pair.Definition).SelectMany(attachments.Of).Sum(attachment => attachment.Connections);
        if (hosts > 0)
        {
            throw new ControlException(
                ErrorIds.VolumeInUse,
                $"{hosts} hosts are connected to volumes of the pair '{pair.Definition.Name}', which are closed for a moment while the group changes.",
                pair.Definition.Name);
        }
    }

    private void CheckPeer(MirrorPair pair)
    {
        if (pair.PeerAgentId is { } peer && !links.IsConnected(peer))
        {
            throw new ControlException(
                ErrorIds.PeerUnreachable, $"The agent with the other side of the pair '{pair.Definition.Name}', '{links.NameOf(peer) ?? peer.ToString()}', is not connected.", pair.Definition.Name);
        }
    }

    // The copy of a member asks the lead's copy what became of a point, wherever that is: one whose agent does not know the places would ask at the wrong one.
    private async Task CheckKnownAsync(IReadOnlyList<MirrorPair> members, GroupMembership? membership, CancellationToken cancel)
    {
        foreach (var peer in members.Select(static pair => pair.PeerAgentId).OfType<Guid>().Distinct())
        {
            await (membership?.Places is null ? Task.CompletedTask : links.RequireAsync(peer, LinkFeatures.SpreadGroups, cancel));
        }
    }

    // In one order, or two changes could wait for each other.
    private static async Task<Turns> BeginAsync(IReadOnlyList<MirrorPair> pairs, CancellationToken cancel)
    {
        var turns = new Turns();
        try
        {
            foreach (var pair in pairs.OrderBy(pair => pair.Definition.Id))
            {
                turns.Add(await pair.BeginChangeAsync(cancel));
            }

            return turns;
        }
        catch
        {
            turns.Dispose();
            throw;
        }
    }

    // Schedules stand still until the pairs are opened again, or until nothing comes of the change. What other agents are told is undone by nobody: here it has not begun yet.
    private async Task PrepareAsync(IReadOnlyList<MirrorPair> affected, IReadOnlyList<MirrorPair> leaving, Func<Task> last, CancellationToken cancel)
    {
        foreach (var pair in affected)
        {
            CheckHosts(pair);
        }

        try
        {
            foreach (var pair in affected)
            {
                await (pair.SourceSide?.Source?.SetScheduleAsync(CycleSchedule.Manual) ?? Task.CompletedTask);
            }

            foreach (var pair in affected)
            {
                await CheckCalmAsync(pair, mayBeClosed: leaving.Contains(pair), cancel);
            }

            await last();
        }
        catch
        {
            await ScheduleAsync(affected);
            throw;
        }
    }

    private async Task ScheduleAsync(IReadOnlyList<MirrorPair> pairs)
    {
        foreach (var pair in pairs)
        {
            await registry.ApplyScheduleAsync(pair);
        }
    }

    private async Task TellPeersAsync(IReadOnlyList<(MirrorPair Pair, PairDefinition Definition)> changes, CancellationToken cancel)
    {
        foreach (var (pair, definition) in changes)
        {
            var needed = definition.Group?.Places is null ? LinkFeatures.None : LinkFeatures.SpreadGroups;
            await (pair.PeerAgentId is { } peer ? links.RequestAsync(peer, PairMethods.Update, PairJson.Write(definition), cancel, needed) : Task.CompletedTask);
        }
    }

    // A cycle that runs may end meanwhile, and whether the last point was committed is asked right after a start.
    private async Task CheckCalmAsync(MirrorPair pair, bool mayBeClosed, CancellationToken cancel)
    {
        if (mayBeClosed && pair.SourceSide is null)
        {
            return;
        }

        var source = pair.RequireSource().Source!;
        var began = time.GetTimestamp();
        var status = await source.GetStatusAsync();
        while (status.State is not (SourceState.Idle or SourceState.Suspended or SourceState.Failed or SourceState.Lent) && time.GetElapsedTime(began) < CalmDeadline)
        {
            await Task.Delay(CalmPoll, time, cancel);
            status = await source.GetStatusAsync();
        }

        var name = pair.Definition.Name;
        if (status.State == SourceState.Idle)
        {
            return;
        }

        throw status.State switch
        {
            SourceState.Suspended => new ControlException(ErrorIds.PairSuspended, $"The pair '{name}' is suspended.", name),
            SourceState.InDoubt => new ControlException(ErrorIds.PeerUnreachable, $"Whether the last point of the pair '{name}' was committed is not known while the two sites are not connected.", name),
            SourceState.Failed => new ControlException(ErrorIds.PairFailed, $"The pair '{name}' has failed.", name),
            SourceState.Lent => new ControlException(ErrorIds.PairBusy, $"The first intermediate of the pair '{name}' is lent.", name),
            _ => new ControlException(ErrorIds.CycleRunning, $"A cycle of the pair '{name}' is running; a group changes between cycles. Wait-FlashcopyCycle waits for it.", name),
        };
    }

    // Whatever fails in between, every pair is opened again: by the definition that the index holds, which decides (a full disk must not leave volumes away).
    private async Task CarryThroughAsync(IReadOnlyList<(MirrorPair Pair, PairDefinition Definition)> changes)
    {
        ControlException? failure = null;
        try
        {
            foreach (var (pair, definition) in changes)
            {
                foreach (var side in pair.Sides)
                {
                    await side.SetDefinitionAsync(definition);
                }
            }

            await Task.WhenAll(changes.Select(change => registry.CloseAsync(change.Pair)));
            registry.Replace(changes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or TimeoutException)
        {
            failure = ErrorTranslation.Translate(error);
            await Task.WhenAll(changes.Where(static change => change.Pair.Sides.Count > 0).Select(change => registry.CloseAsync(change.Pair)));
        }

        foreach (var (pair, _) in changes)
        {
            try
            {
                await registry.OpenAsync(pair, CancellationToken.None);
            }
            catch (Exception error)
            {
                failure ??= ErrorTranslation.Translate(error);
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private sealed class Turns : IDisposable
    {
        private readonly List<IDisposable> _held = [];

        public void Add(IDisposable turn) => _held.Add(turn);

        public void Dispose() => _held.ForEach(static turn => turn.Dispose());
    }
}
