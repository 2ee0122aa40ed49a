using System.Buffers;
using System.Security.Cryptography;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// Finds out by hash which grains site 2 already holds: the seeded start of F-1, and a storage that was changed behind the pair's back. Hosts keep writing: a grain's
/// <c>onC</c> is set first, and a write that comes in between clears it again.
/// </summary>
internal sealed class SourceComparison(SourceCore core, IBlockDevice source)
{
    /// <summary>The bytes of one grain's hash.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private TaskCompletionSource<byte[]>? _answer;
    private GrainRange _asked;

    /// <summary>How many grains were compared so far.</summary>
    public long Compared { get; private set; }

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

    /// <summary>Compares the whole volume; afterwards <c>onC</c> is 1 exactly where the hashes proved the grains equal.</summary>
    /// <returns>How many grains were equal.</returns>
    public async Task<long> RunAsync(IPeerChannel channel, CancellationToken cancellationToken)
    {
        GrainGeometry geometry = core.Maps.Geometry;
        long batch = Math.Max(1, (4 << 20) / geometry.GrainBytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(geometry.GrainBytes);
        long equal = 0;
        Compared = 0;

        // Where the source was written behind the pair's back, B holds what was there before; nothing of it may be sent as the source's.
        core.Maps.InB.Reset(false);
        core.Maps.TouchAll();
        try
        {
            for (long first = 0; first < geometry.GrainCount; first += batch)
            {
                GrainRange grains = new(first, Math.Min(batch, geometry.GrainCount - first));
                core.Maps.OnC.SetRange(grains);
                core.Maps.Touched(grains);
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
                        core.Maps.ClearOnC(new GrainRange(grain, 1));
                    }
                }

                Compared += grains.Count;
            }

            return equal;
        }
        catch
        {
            // Half a comparison proves nothing.
            core.Maps.OnC.Reset(false);
            core.Maps.TouchAll();
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
            await source.ReadAsync(offsetBytes, content, cancellationToken);
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
            new PeerMessage(FlashcopyMessage.HashRequest, 0, 0, 0, grains.First, grains.Count, Guid.Empty), default, cancellationToken);
        return await _answer.Task.WithDeadline(core.Options.DecisionDeadline, core.Time, cancellationToken);
    }
}
