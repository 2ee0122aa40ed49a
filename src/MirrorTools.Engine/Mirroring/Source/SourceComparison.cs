using System.Buffers;
using System.Security.Cryptography;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// Finds out by hash which grains site 2 already holds: the seeded start of F-1, and a storage that was changed behind the pair's back. Hosts keep writing: a grain
/// counts as equal first, and a write that comes in between makes it differ again.
/// </summary>
internal sealed class SourceComparison(SourceCore core)
{
    /// <summary>The bytes of one grain's hash.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private TaskCompletionSource<byte[]>? _answer;
    private GrainRange _asked;

    // The source was not written behind the pair's back, so that B holds what the maps say.
    private bool _keepsIntermediate;

    /// <summary>How many grains were compared so far.</summary>
    public long Compared { get; private set; }

    /// <summary>True while a comparison runs.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>
    /// Site 2 can't vouch for what it holds. No point is taken from now on, and the one under way is given up: a grain that is compared may have changed since it was taken.
    /// </summary>
    public async Task DemandAsync(SourceCycle cycle)
    {
        if (core.Journal.Record.NeedsComparison || cycle.State is SourceState.Suspended or SourceState.Failed)
        {
            return;
        }

        await core.Journal.ChangeAsync(static now => now with { NeedsComparison = true });
        core.Events.Report(PairEventId.ComparisonNeeded);
        _keepsIntermediate = true;
        await cycle.WhenStableAsync();
        await core.Group.GiveUpAsync(nameof(PairEventId.ComparisonNeeded));
    }

    /// <summary>Takes the hashes that site 2 sent.</summary>
    public void OnHashes(GrainRange grains, ReadOnlySpan<byte> hashes)
    {
        if (grains == _asked && hashes.Length == grains.Count * HashBytes)
        {
            _answer?.TrySetResult(hashes.ToArray());
        }
    }

    /// <summary>The link was cut: no answer will come.</summary>
    public void OnLinkDown() =>
        _answer?.TrySetException(new LinkClosedException(LinkCloseReason.Cut, "The link was cut during a comparison by hash."));

    /// <summary>Compares the whole volume; at return what was found is durable, and so is that it was.</summary>
    /// <param name="channel">The conversation.</param>
    /// <param name="cancellationToken">Ends the comparison; it proves nothing then.</param>
    public async Task RunAsync(IPeerChannel channel, CancellationToken cancellationToken)
    {
        IsRunning = true;
        try
        {
            long equal = await CompareAsync(channel, cancellationToken);

            // Pages first: one that was written while its grains were not compared yet says too much.
            await core.Journal.PersistAllAsync();
            await core.Journal.ChangeAsync(static now => now with { NeedsComparison = false });
            _keepsIntermediate = false;
            core.Events.Report(PairEventId.Compared, ("equal", equal), ("different", core.Geometry.GrainCount - equal));
            core.Service.Recount();
        }
        finally
        {
            IsRunning = false;
        }
    }

    // Afterwards just those grains count as equal that the hashes proved so; returns how many those are.
    private async Task<long> CompareAsync(IPeerChannel channel, CancellationToken cancellationToken)
    {
        GrainGeometry geometry = core.Geometry;
        long batch = Math.Max(1, (4 << 20) / geometry.GrainBytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(geometry.GrainBytes);
        long equal = 0;
        Compared = 0;
        core.Service.BeginComparison(keepsLocal: _keepsIntermediate);
        try
        {
            for (long first = 0; first < geometry.GrainCount; first += batch)
            {
                GrainRange grains = new(first, Math.Min(batch, geometry.GrainCount - first));
                core.Service.AssumeEqual(grains);
                await core.Gate.Requests.GraceAsync(core.Options.GateDeadline);
                byte[] remote = await AskAsync(channel, grains, cancellationToken);
                for (long grain = grains.First; grain < grains.End; grain++)
                {
                    Memory<byte> content = buffer.AsMemory(0, (int)geometry.LengthOf(grain, 1));
                    await ReadAsync(geometry.OffsetOf(grain), content, cancellationToken);
                    byte[] local = SHA256.HashData(content.Span);
                    if (local.AsSpan().SequenceEqual(remote.AsSpan((int)(grain - grains.First) * HashBytes, HashBytes)))
                    {
                        equal++;
                    }
                    else
                    {
                        core.Service.Unsend(new GrainRange(grain, 1));
                    }
                }

                Compared += grains.Count;
            }

            return equal;
        }
        catch
        {
            core.Service.AssumeNothing();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task ReadAsync(long offsetBytes, Memory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            await core.Service.Volume.ReadAsync(offsetBytes, content, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new SourceFailedException($"The source storage can't be read: {exception.Message}", exception);
        }
    }

    private async Task<byte[]> AskAsync(IPeerChannel channel, GrainRange grains, CancellationToken cancellationToken)
    {
        _asked = grains;
        _answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        await channel.SendAsync(
            new PeerMessage(MirrorMessage.HashRequest, 0, 0, 0, grains.First, grains.Count, Guid.Empty), default, cancellationToken);
        return await _answer.Task.WithDeadline(core.Options.DecisionDeadline, core.Time, cancellationToken);
    }
}
