using System.Buffers;
using System.Security.Cryptography;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>
/// Site 2's part of a comparison by hash: hashes what a commit would show if nothing more was sent. Where that is D, and C does not hold the same (a seeded D, a storage that somebody else
/// wrote, grains that were lost), C gets it: a recovered side takes C for its first intermediate (F-16). On the pair's scheduler.
/// </summary>
internal sealed class TargetComparison(SecondCore core, ArrivalWriter arrivals)
{
    private long _end;

    /// <summary>Told of a storage that failed.</summary>
    public required Action<SuspendReason, Exception> Failed { get; init; }

    /// <summary>A conversation begins: what was compared in the one before proves nothing, since site 1 may not have heard all of it.</summary>
    public void Begin() => _end = 0;

    /// <summary>The hashes were sent; with the last ones of the volume, one request after the other from its beginning, all of it was compared.</summary>
    public void Sent(GrainRange grains)
    {
        _end = grains.First == 0 || grains.First == _end ? grains.End : 0;
        core.Side.IsCompared |= _end == core.Maps.Geometry.GrainCount;
    }

    /// <summary>The hashes of some grains, one after the other; null where a storage failed, which site 1 is told instead.</summary>
    public async Task<byte[]?> HashAsync(GrainRange grains)
    {
        byte[] hashes = new byte[grains.Count * SHA256.HashSizeInBytes];
        int grainBytes = core.Maps.Geometry.GrainBytes;
        byte[] image = ArrayPool<byte>.Shared.Rent(grainBytes);
        byte[] other = ArrayPool<byte>.Shared.Rent(grainBytes);
        SuspendReason part = SuspendReason.None;
        try
        {
            for (int i = 0; i < grains.Count; i++)
            {
                GrainRange grain = new(grains.First + i, 1);
                int length = (int)core.Maps.Geometry.LengthOf(grain);
                Memory<byte> content = image.AsMemory(0, length);
                bool isOnD = await ReadAsync(grain, content, other.AsMemory(0, length), seen => part = seen);
                SHA256.HashData(content.Span, hashes.AsSpan(i * SHA256.HashSizeInBytes));
                if (isOnD && (core.Maps.Lost[grain.First] || !content.Span.SequenceEqual(other.AsSpan(0, length))))
                {
                    part = SuspendReason.SecondIntermediateFailed;
                    await arrivals.AlignAsync(grain, content);
                }
            }

            return hashes;
        }
        catch (IOException exception)
        {
            Failed(exception is DirtyRegionLogException ? SuspendReason.RemoteMetadataFailed : part, exception);
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(image);
            ArrayPool<byte>.Shared.Return(other);
        }
    }

    // True where it is D that the next commit shows, and C is to hold the same; both were read then.
    private async Task<bool> ReadAsync(GrainRange grain, Memory<byte> content, Memory<byte> other, Action<SuspendReason> reading)
    {
        long offset = core.Maps.Geometry.OffsetOf(grain.First);
        int ticket;
        while (!core.Readers.TryEnter(out ticket))
        {
            await core.Readers.WaitOpenAsync();
        }

        try
        {
            // What is newer in C is what the next commit brings, but for what was lost there: that stays as D has it.
            bool isOnD = core.Maps.Copied[grain.First] && (!core.Maps.Future[grain.First] || core.Maps.Lost[grain.First]);
            reading(SuspendReason.SecondIntermediateFailed);
            await core.Intermediate.ReadAsync(offset, isOnD ? other : content, CancellationToken.None);
            if (isOnD)
            {
                reading(SuspendReason.TargetFailed);
                await core.Parts.Volume.ReadAsync(offset, content, CancellationToken.None);
            }

            return isOnD;
        }
        finally
        {
            core.Readers.Exit(ticket);
        }
    }
}
