using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Engine.SyncCache.Primary;

namespace MirrorTools.Engine.SyncCache;

/// <content>What is shown of a node.</content>
internal sealed partial class NodeRoles
{
    /// <summary>The state at this instant.</summary>
    public SyncStatus Status() => new()
    {
        State = State(),
        Cause = _cause,
        Record = _core.Record,
        UnhardenedBytes = _core.Cache.UnhardenedBytes,
        CachedBytes = _core.Cache.HeldBytes,
        HardenedBytes = _core.Cache.HardenedBytes,
        HasLease = Secondary is { Lease.IsHeld: true },
        Peers =
        [
            .. _conversations.Values.Select(conversation => new SyncPeerStatus(
                conversation.Node,
                _met.ContainsKey(conversation),
                _core.Record.Members.Contains(conversation.Node),
                _core.Missing.Of(_core.PlaceOf(conversation.Node)).CountSet(),
                Primary?.UpdatedGrains(conversation.Node) ?? 0)),
        ],
    };

    /// <summary>A copy of a map.</summary>
    public GrainMap Snapshot(SyncMapKind kind, Guid node)
    {
        GrainMap copy = new(_core.Geometry.GrainCount, initialValue: false);
        StreamRecords? records = Primary?.Streams.FirstOrDefault(stream => stream.Node == node)?.Records ?? Secondary?.Records;
        GrainMap? map = kind switch
        {
            SyncMapKind.Unhardened => _core.Cache.Unhardened,
            SyncMapKind.Current => records?.Copy(ofOld: false),
            SyncMapKind.Old => records?.Copy(ofOld: true),
            _ => _core.Missing.Of(_core.PlaceOf(node)),
        };
        if (map is not null)
        {
            GrainMap.Or(copy, map);
        }

        return copy;
    }

    private SyncNodeState State()
    {
        if (_stop.IsCancellationRequested)
        {
            return SyncNodeState.Closed;
        }

        if (_hasFailed)
        {
            return SyncNodeState.Failed;
        }

        if (_split.Count > 0)
        {
            return SyncNodeState.SplitBrain;
        }

        if (Primary is { } primary)
        {
            return _volume.Refusal is not null ? SyncNodeState.Joining
                : primary.Streams.Any(static stream => stream.Mode == PeerMode.Lost) ? SyncNodeState.Degrading
                : primary.Streams.Any(static stream => stream.Mode is PeerMode.Updating or PeerMode.Joining) ? SyncNodeState.Updating
                : primary.Streams.Any(static stream => stream.Mode == PeerMode.Absent) ? SyncNodeState.Degraded
                : SyncNodeState.Mirroring;
        }

        return Secondary is null ? SyncNodeState.Waiting
            : _following is null ? SyncNodeState.Cut
            : _core.Record.IsComplete ? SyncNodeState.Following
            : SyncNodeState.BeingUpdated;
    }
}
