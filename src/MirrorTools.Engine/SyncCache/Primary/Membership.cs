using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Members;

namespace MirrorTools.Engine.SyncCache.Primary;

/// <summary>
/// Who takes part, as the primary decides it (S-9): a node that is left out, or admitted again, begins a generation that is durable on all that remain before a write is acknowledged by its
/// rules. On the pair's scheduler; one change at a time.
/// </summary>
internal sealed class Membership(SyncCore core, IReadOnlyList<PeerStream> streams)
{
    private readonly SerialGate _turns = new();
    private bool _isEnded;

    /// <summary>This node is not the primary any more: completes when no change is under way, and none begins.</summary>
    public async Task EndAsync()
    {
        _isEnded = true;
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
    }

    /// <summary>Leaves a lost node out, once it can't serve reads any more.</summary>
    /// <exception cref="IOException">It could not be made durable: this node can't go on without the other.</exception>
    public async Task LeaveOutAsync(PeerStream stream)
    {
        await WaitForLeaseAsync(stream);
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        if (_isEnded || stream.Mode != PeerMode.Lost)
        {
            return;
        }

        stream.IsBeingLeftOut = true;
        try
        {
            await stream.WhenSendingEnded();
            core.Missing.Add(stream.Place, stream.Records.Union());
            await BeginGenerationAsync(
                [.. core.Record.Members.Where(member => member != stream.Node)],
                stream.IsTracked ? core.Record.Untold : [.. core.Record.Untold, stream.Node]);
            stream.Records.Reset();
            stream.Enter(PeerMode.Absent, "LeftOut");
        }
        finally
        {
            stream.IsBeingLeftOut = false;
        }

        core.Events.Report(PairEventId.NodeLeftOut, ("node", stream.Node), ("grains", core.Missing.Of(stream.Place).CountSet()));
    }

    /// <summary>Notes what a node lacks that is no member, durably.</summary>
    /// <param name="stream">The node.</param>
    /// <param name="grains">What it may lack beyond what is known; null where that is all.</param>
    public async Task RecordMissingAsync(PeerStream stream, GrainMap? grains)
    {
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        if (_isEnded)
        {
            return;
        }

        core.Missing.Add(stream.Place, stream.Records.Union());
        if (grains is not null)
        {
            core.Missing.Add(stream.Place, grains);
        }

        await core.Journal.PersistMarksAsync();
        if (core.Record.Untold.Contains(stream.Node))
        {
            await core.Records.ChangeAsync(now => now with { Untold = [.. now.Untold.Where(node => node != stream.Node)] });
        }

        stream.Records.Reset();
    }

    /// <summary>Admits a node whose update has ended: every write waits for it already.</summary>
    /// <returns>False where its session ended meanwhile.</returns>
    public async Task<bool> AdmitAsync(PeerStream stream)
    {
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        if (_isEnded || stream.Mode != PeerMode.Joining || stream.Channel is null)
        {
            return false;
        }

        SyncRecord now = core.Record;
        await BeginGenerationAsync([.. now.Nodes.Where(node => node == stream.Node || now.Members.Contains(node))], now.Untold);
        TellLacks(stream);
        if (!await stream.Asks.TakeGenerationAsync(Encoded(), endsUpdate: true, core.Time))
        {
            return false;
        }

        // What is on its way there is known by the records of the stream.
        core.Missing.Clear(stream.Place);
        core.Events.Report(PairEventId.NodeAdmitted, ("node", stream.Node));
        return true;
    }

    /// <summary>
    /// Tells a node that takes part what the others lack that do not: should it take over, it goes on from there with what it receives from here on. In one step with what follows, so
    /// that no write is missing in both.
    /// </summary>
    public void TellLacks(PeerStream to)
    {
        PeerStream[] absent = [.. streams.Where(stream => stream != to && !core.Record.Members.Contains(stream.Node))];
        foreach (PeerStream stream in absent)
        {
            GrainMap lacked = stream.Records.Union();
            GrainMap.Or(lacked, core.Missing.Of(stream.Place));
            foreach (byte[] payload in LackedGrains.Encode(lacked))
            {
                to.Post(new PeerMessage(SyncMessage.Lacks, 0, 0, 0, 0, 0, stream.Node), payload);
            }
        }

        if (absent.Length > 0)
        {
            to.Post(new PeerMessage(SyncMessage.Lacks, 0, 1, 0, 0, 0, Guid.Empty));
        }
    }

    private async Task BeginGenerationAsync(IReadOnlyList<Guid> members, IReadOnlyList<Guid> untold)
    {
        await core.Journal.PersistMarksAsync();
        await core.Records.ChangeAsync(now => now.In(core.NewGeneration(), core.NodeId, members) with { Untold = untold });
        foreach (PeerStream other in streams)
        {
            // One that goes meanwhile is a member still, and is left out by a generation of its own before anything is acknowledged.
            if (other.Mode == PeerMode.Mirroring && members.Contains(other.Node))
            {
                TellLacks(other);
                await other.Asks.TakeGenerationAsync(Encoded(), endsUpdate: false, core.Time);
            }
        }
    }

    private ReadOnlyMemory<byte> Encoded() => SyncRecordCodec.Encode(core.Record with { Definition = default });

    private async Task WaitForLeaseAsync(PeerStream stream)
    {
        while (stream.Mode == PeerMode.Lost && !_isEnded)
        {
            long now = core.Time.GetTimestamp();
            if (now >= stream.LeaseEnd || core.Parts.Faults.IgnoreLease)
            {
                return;
            }

            await Task.Delay(core.Time.GetElapsedTime(now, stream.LeaseEnd) + TimeSpan.FromMilliseconds(1), core.Time);
        }
    }
}
