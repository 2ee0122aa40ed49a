using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.SyncCache.Hosts;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache;

/// <summary>
/// A node of a synchronous pair: its cache, its disk, and the part it has, primary or secondary. All of it may be called from any thread; the work happens on the pair's scheduler.
/// </summary>
public sealed class SyncNode : IAsyncDisposable
{
    private readonly SyncCore _core;
    private readonly NodeRoles _roles;
    private readonly RegionUpkeep _upkeep;
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;
    private Task? _closed;

    private SyncNode(SyncCore core)
    {
        _core = core;
        Volume = new SyncVolume(core);
        _roles = new NodeRoles(core, Volume);
        core.Flows.Broken = _roles.Fail;
        core.Cache.GrainHardened = _roles.OnGrainHardened;
        core.Cache.Faulted = _roles.Fail;
        core.Cache.FillChanged = _roles.OnFillChanged;
        MirrorOptions upkeep = new() { CoolingInterval = core.Options.CoolingInterval, GateDeadline = core.Options.GateDeadline };
        _upkeep = new RegionUpkeep(core.Journal, core.Log, core.Time, () => upkeep) { Failed = _roles.Fail, IsAtRest = () => core.SuspectsAreOpen };
        core.Log.SlotsNeeded = () => core.Control.Post(() => _ = core.Flows.WatchAsync(_upkeep.MakeRoomAsync()));
        core.Log.Overflowed = () => core.Control.Post(_upkeep.Hasten);
    }

    /// <summary>What hosts read and, at the primary, write.</summary>
    public SyncVolume Volume { get; }

    /// <summary>What the agent keeps with the pair.</summary>
    public ReadOnlyMemory<byte> Definition => _core.Record.Definition;

    /// <summary>The parts, for a test that looks at each step.</summary>
    internal SyncCore Core => _core;

    /// <summary>The roles, for a test that looks at each step.</summary>
    internal NodeRoles Roles => _roles;

    /// <summary>Lays out the metadata of a new pair's node. All nodes begin with one record but for the role, and disks that are equal.</summary>
    public static async Task CreateAsync(SyncParts parts, MetadataIdentity identity, SyncRecord record)
    {
        MetadataStore store = await MetadataStore.CreateAsync(parts.Metadata, identity, CancellationToken.None);
        await DirtyRegionLog.CreateAsync(identity, store.RegionLogPlace, parts.SecondLog, parts.Time, CancellationToken.None);
        await store.State.WriteAsync(SyncRecordCodec.Encode(record), CancellationToken.None);
    }

    /// <summary>Opens a node from its metadata, cleanly closed or not.</summary>
    /// <exception cref="MetadataCorruptException">The metadata can't be read.</exception>
    public static Task<SyncNode> OpenAsync(SyncParts parts) =>
        new ControlFlow(parts.Scheduler).InvokeAsync(async () => new SyncNode(await SyncOpener.OpenAsync(parts)).Start());

    /// <summary>The state at this instant.</summary>
    public Task<SyncStatus> GetStatusAsync() => _core.Control.InvokeAsync(() => Task.FromResult(_roles.Status()));

    /// <summary>Gives this node a session's channel to another node; it runs until the link is cut, and replaces the one before.</summary>
    /// <param name="node">The other node.</param>
    /// <param name="channel">The channel.</param>
    public void Attach(Guid node, IPeerChannel channel) => _core.Control.Post(() => _roles.ConversationWith(node).Attach(channel));

    /// <summary>
    /// This node goes on as the primary although the others can't be asked (S-9, S-11, S-14): an admin has seen to it that none of them serves hosts.
    /// </summary>
    /// <param name="force">Also where this node is incomplete, or lost its cache: what it may lack is given up, and said.</param>
    /// <exception cref="PairException">It is the primary already; or it lacks something and <paramref name="force"/> is not given.</exception>
    public Task RecoverAsync(bool force) => _core.Control.InvokeAsync(() => _roles.RecoverAsync(force));

    /// <summary>Has another node go on as the primary, planned: nothing acknowledged is lost, and this node follows it once it was updated.</summary>
    /// <param name="successor">The node; it has to take part.</param>
    /// <exception cref="PairException">This node is not the primary, or the other one does not take part at present.</exception>
    public Task SwitchAsync(Guid successor) => _core.Control.InvokeAsync(() => _roles.SwitchAsync(successor));

    /// <summary>After a split brain: gives up what was written here since the nodes parted; the other node's content is taken over.</summary>
    /// <param name="history">The other node's generations.</param>
    public Task DiscardAsync(GenerationHistory history) => _core.Control.InvokeAsync(() => _roles.DiscardAsync(history));

    /// <summary>Writes what the agent keeps with the pair.</summary>
    public Task SetDefinitionAsync(ReadOnlyMemory<byte> definition) =>
        _core.Control.InvokeAsync(() => _core.Records.ChangeAsync(now => now with { Definition = definition }));

    /// <summary>A copy of a map: what is unhardened here, what the other node may hold unhardened, what it lacks.</summary>
    /// <param name="kind">The map.</param>
    /// <param name="node">The other node, where the map is about one.</param>
    public Task<GrainMap> SnapshotAsync(SyncMapKind kind, Guid node) => _core.Control.InvokeAsync(() => Task.FromResult(_roles.Snapshot(kind, node)));

    /// <summary>Closes cleanly where that is possible: everything acknowledged is on the disk, and the others know it.</summary>
    public async ValueTask DisposeAsync() => await (_closed ??= CloseAsync());

    private async Task CloseAsync()
    {
        _stop.Cancel();
        await _core.Control.InvokeAsync(async () =>
        {
            bool isClean = await _roles.CloseAsync();
            await _background;
            if (isClean)
            {
                await CloseCleanlyAsync();
            }
        });
        await _core.Parts.Disk.DisposeAsync();
        await _core.Parts.Metadata.DisposeAsync();
        await _core.Parts.SecondLog.Device.DisposeAsync();
    }

    private async Task CloseCleanlyAsync()
    {
        try
        {
            await _core.Journal.CloseCleanlyAsync(_core.Options.GateDeadline);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            _core.Events.Report(PairEventId.MetadataFailed, ("detail", exception.Message));
        }
    }

    private SyncNode Start()
    {
        _background = RunAsync();
        _roles.Start();
        return this;
    }

    private async Task RunAsync()
    {
        Task hardening = _core.Flows.WatchAsync(_core.Cache.RunAsync(_stop.Token));
        Task upkeep = _core.Flows.WatchAsync(_upkeep.RunAsync(_stop.Token));
        await hardening;
        await upkeep;
    }
}
