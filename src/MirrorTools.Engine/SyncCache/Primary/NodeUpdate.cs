using System.Buffers;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Hosts;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache.Primary;

/// <summary>
/// The update of a node that returned (S-10): exactly the grains that are marked are sent, a mark goes once they are durable there, and hosts write on meanwhile. On the pair's scheduler.
/// </summary>
/// <remarks>
/// A write to a grain that is still marked is not sent by itself: the grain will be, with what was written. Once a grain is in the stream, later writes to it follow it there.
/// </remarks>
internal sealed class NodeUpdate(SyncCore core, PeerStream stream, PendingGrains pending, Func<Task> whenApplied)
{
    private const int AttemptsBeforeHold = 8;

    private readonly IPeerChannel? _channel = stream.Channel;
    private readonly HashSet<long> _sent = [];
    private HashSet<long> _forwarded = [];
    private long _copying = -1;
    private bool _isTouched;

    /// <summary>How many grains went to the node.</summary>
    public long CopiedGrains { get; private set; }

    private bool IsOver => _channel is null || stream.Channel != _channel;

    private GrainMap Missing => core.Missing.Of(stream.Place);

    /// <summary>A write was taken.</summary>
    public void OnTaken(GrainRange grains) => _isTouched |= _copying >= grains.First && _copying < grains.End;

    /// <summary>A write is in the own cache: what it changed of grains that the node has goes there too.</summary>
    public void Forward(PendingWrite write)
    {
        GrainRange grains = core.Geometry.Covering(write.OffsetBytes, write.LengthBytes);
        for (long grain = grains.First; grain < grains.End; grain++)
        {
            if (Missing[grain] && !_sent.Contains(grain))
            {
                continue;
            }

            // Until it is durable there the node lacks it: should this one crash, nobody else knows of it (S-9).
            core.Missing.Add(stream.Place, new GrainRange(grain, 1));
            _sent.Add(grain);
            _forwarded.Add(grain);
            long begin = Math.Max(write.OffsetBytes, core.Geometry.OffsetOf(grain));
            long end = Math.Min(write.OffsetBytes + write.LengthBytes, core.Geometry.OffsetOf(grain) + core.Geometry.LengthOf(grain, 1));

            // The host has its answer before the link is done with it.
            ReadOnlyMemory<byte> data = write.IsZeroes ? default : write.Data.Slice((int)(begin - write.OffsetBytes), (int)(end - begin)).ToArray();
            stream.PostWrite(begin, end - begin, data, 0, write.Number);
        }
    }

    /// <summary>Sends what is marked until nothing is.</summary>
    /// <returns>False where the session ended first: marks stay.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            List<long> batch = [];
            long bytes = 0;
            for (long grain = Missing.NextSet(0); grain < Missing.GrainCount && bytes < core.Options.UpdateWindowBytes; grain = Missing.NextSet(grain + 1))
            {
                if (IsOver || cancellationToken.IsCancellationRequested)
                {
                    return false;
                }

                if (_sent.Contains(grain))
                {
                    continue;
                }

                await CopyAsync(grain);
                batch.Add(grain);
                bytes += core.Geometry.LengthOf(grain, 1);
            }

            if (batch.Count == 0)
            {
                return !IsOver;
            }

            HashSet<long> forwarded = _forwarded;
            _forwarded = [];
            batch.AddRange(forwarded);
            if (IsOver || !await stream.Asks.HardenAsync(default, core.Time))
            {
                return false;
            }

            // What was written again meanwhile is for the next round.
            foreach (long grain in batch.Where(grain => !_forwarded.Contains(grain)))
            {
                _sent.Remove(grain);
                core.Missing.Remove(stream.Place, new GrainRange(grain, 1));
            }
        }
    }

    private async Task CopyAsync(long grain)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(core.Geometry.GrainBytes);
        try
        {
            Memory<byte> content = buffer.AsMemory(0, (int)core.Geometry.LengthOf(grain, 1));
            for (int attempt = 0; attempt < AttemptsBeforeHold; attempt++)
            {
                if (await TryReadAsync(grain, content))
                {
                    Send(grain, content);
                    return;
                }
            }

            // Written without a pause: all writes wait for one read.
            await core.Gate.CloseAsync(core.Options.GateDeadline);
            try
            {
                await core.Cache.ReadAsync(core.Geometry.OffsetOf(grain), content, CancellationToken.None);
                Send(grain, content);
            }
            finally
            {
                core.Gate.Open();
            }
        }
        finally
        {
            _copying = -1;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // What was read is the grain as it is in the stream's order, unless a write came in between.
    private async Task<bool> TryReadAsync(long grain, Memory<byte> content)
    {
        (_copying, _isTouched) = (grain, false);
        if (pending.Has(grain))
        {
            await whenApplied();
            return false;
        }

        await core.Cache.ReadAsync(core.Geometry.OffsetOf(grain), content, CancellationToken.None);
        return !_isTouched && !pending.Has(grain);
    }

    private void Send(long grain, ReadOnlyMemory<byte> content)
    {
        if (IsOver)
        {
            return;
        }

        _sent.Add(grain);
        CopiedGrains++;
        bool isZero = !content.Span.ContainsAnyExcept((byte)0);
        stream.PostWrite(core.Geometry.OffsetOf(grain), content.Length, isZero ? default : content.ToArray(), SyncMessage.IsUpdate, 0);
    }
}
