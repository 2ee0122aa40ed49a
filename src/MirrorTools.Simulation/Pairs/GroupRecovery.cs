using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Runs;

namespace MirrorTools.Simulation.Pairs;

/// <summary>The recovery of a whole group at the site that was the target: at one agent after another, in any order, as often as it takes.</summary>
/// <param name="world">The world.</param>
/// <param name="site">The site that is recovered.</param>
/// <param name="told">The point that somebody was told of.</param>
internal sealed class GroupRecovery(PairWorld world, PairSite site, ulong told)
{
    private readonly PairNode[] _order = site.Nodes.Count > 1 && world.Random.Chance(0.5) ? [.. site.Nodes.Reverse()] : [.. site.Nodes];
    private readonly CommittedPoint[] _points = new CommittedPoint[world.Identities.Count];
    private readonly HashSet<PairNode> _done = [];
    private readonly HashSet<PairNode> _empty = [];
    private ulong? _older;
    private bool _isChosen = !world.MayRecoverOlder || site.Nodes.Count > 1;

    /// <summary>What each member was recovered to.</summary>
    public IReadOnlyList<CommittedPoint> Points => _points;

    /// <summary>What hosts find on each volume, before any of them writes.</summary>
    public byte[]?[] Images { get; } = new byte[]?[world.Identities.Count];

    /// <summary>True where nothing was committed: there is nothing to recover.</summary>
    public bool HasNoPoint => _empty.Count > 0;

    /// <summary>True where an admin chose a point before the last committed one .</summary>
    public bool IsToOlder => _older is not null;

    /// <summary>What was in the way the last time, for people.</summary>
    public string Obstacle { get; private set; } = "";

    /// <summary>Recovers what can be recovered now.</summary>
    /// <returns>True once every agent has answered.</returns>
    public async Task<bool> TryAsync()
    {
        foreach (var node in _order.Where(node => !_done.Contains(node) && !_empty.Contains(node)))
        {
            await TryAsync(node);
        }

        if (_done.Count > 0 && _empty.Count > 0)
        {
            // The first point was being chosen when it was asked; where it says so for ever, the members do not agree.
            Obstacle = $"{_done.First().Site.Name} recovered pairs of the group, and {_empty.First().Site.Name} says that nothing was committed";
            _empty.Clear();
        }

        return _done.Count + _empty.Count == _order.Length;
    }

    private async Task TryAsync(PairNode node)
    {
        if (node.Members.Any(member => member.Source is null && member.Target is null))
        {
            return;
        }

        if (node.Members.Any(member => member.Source is not null))
        {
            // It crashed after the recovery of one pair or of all had become durable.
            world.Run.Totals.Count("recoveries that a crash cut");
        }

        var isLeadNeeded = false;
        await node.Site.Process!.TryInvokeAsync(async () =>
        {
            try
            {
                await ChooseAsync(node);
                var (points, images) = await node.RecoverAsync(force: true, _older);
                for (var member = 0; member < points.Count; member++)
                {
                    _points[node.Members[member].Index] = points[member];
                    Images[node.Members[member].Index] = images[member];
                }

                _done.Add(node);
            }
            catch (PairException e) when (e.Error == PairError.NoCommittedPoint)
            {
                if (told != 0)
                {
                    throw ScenarioRun.Broken("P-2", $"{node.Site.Name} says that nothing was committed, but somebody was told that {told} is");
                }

                _empty.Add(node);
            }
            catch (PairException e) when (e.Error == PairError.PointNotKept && node.IsTarget)
            {
                // a point that was settled took its place, and nothing is recovered yet: the admin chooses anew
                world.Run.Totals.Count("recoveries to a point that is gone");
                (_older, _isChosen) = (null, false);
                Obstacle = e.Message;
            }
            catch (Exception e) when (e is IOException or PairException { Error: PairError.InDoubt or PairError.StorageFailed } && world.HasStorageFaults(node.Site))
            {
                // a storage that failed a flush has to be opened anew first
                Obstacle = e.Message;
                node.Site.Kill(TimeSpan.FromMilliseconds(200));
            }
            catch (PairException e) when (e.Error == PairError.InDoubt && world.IsSpread)
            {
                // the agent with the lead can't be asked now, or has to open its storages anew: its pairs first
                Obstacle = e.Message;
                world.Run.Totals.Count("recoveries that another agent's lead had to be asked for");
                isLeadNeeded = true;
            }

            return true;
        });
        if (isLeadNeeded)
        {
            await MendLeadAsync();
        }
    }

    // Once: after a crash in the middle the others go to the same point.
    private async Task ChooseAsync(PairNode node)
    {
        if (_isChosen || !node.IsTarget)
        {
            return;
        }

        _isChosen = true;
        HashSet<ulong>? kept = null;
        foreach (var member in node.Members)
        {
            var status = await member.Target!.GetStatusAsync();
            kept ??= [.. status.RetainedPoints];
            kept.IntersectWith([.. status.RetainedPoints, status.LastCommitted.Number]);
        }

        if (kept!.Count > 0 && world.Random.Chance(0.6))
        {
            _older = kept.Order().ElementAt(world.Random.Next(kept.Count));
        }
    }

    // What an admin does whom a member's message sends to the pair that leads.
    private async Task MendLeadAsync()
    {
        var lead = site.Members[0];
        if (lead.Target is { } target)
        {
            var (ran, status) = await lead.Node.Site.Process!.TryInvokeAsync(target.GetStatusAsync);
            if (ran && status!.State == TargetState.Faulted)
            {
                lead.Node.Site.Kill(TimeSpan.FromMilliseconds(200));
                _empty.Remove(lead.Node);
            }
        }
    }
}
