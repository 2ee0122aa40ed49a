using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <content>Creating and opening.</content>
public sealed partial class DirtyRegionLog
{
    /// <summary>Writes an empty log to both places, with all the space it will ever take.</summary>
    /// <exception cref="IOException">One of the places can't be written.</exception>
    public static async Task<DirtyRegionLog> CreateAsync(
        MetadataIdentity identity, LogPlace first, LogPlace second, TimeProvider time, CancellationToken cancellationToken)
    {
        Check(identity, first, second);
        byte[] empty = new byte[RequiredLengthBytes(identity.RegionSlots)];
        foreach (LogPlace place in (LogPlace[])[first, second])
        {
            await place.Device.WriteAsync(place.OffsetBytes, empty, WriteOptions.None, cancellationToken);
            await place.Device.FlushAsync(cancellationToken);
        }

        RegionLogWriter writer = new([first, second], time);
        DirtyRegionLog log = new(identity, writer, time, RegionLogRecovery.EmptyTable(identity));
        Exception? failure = null;
        log.PlaceFailed = place => failure = place.Cause;
        await log.WriteBlockAsync(RegionLogFlags.Reset);
        log.PlaceFailed = null;
        return failure is null ? log : throw new IOException("The dirty-region log needs both of its places when it is created, and one could not be written.", failure);
    }

    /// <summary>
    /// Opens the log and rebuilds the hot set from the newest blocks of both places. Where that is not possible <see cref="AllUnknown"/> is true. A place that
    /// was behind, or away, is brought up; one that can't be used is left out (see <see cref="AlivePlaces"/>).
    /// </summary>
    public static async Task<DirtyRegionLog> OpenAsync(
        MetadataIdentity identity, LogPlace first, LogPlace second, TimeProvider time, CancellationToken cancellationToken)
    {
        Check(identity, first, second);
        RegionLogRing firstRing = await RegionLogRing.ReadAsync(first, identity, cancellationToken);
        RegionLogRing secondRing = await RegionLogRing.ReadAsync(second, identity, cancellationToken);
        RegionLogRecovery recovery = RegionLogRecovery.From(firstRing, secondRing, identity);

        RegionLogWriter writer = new([first, second], time) { NextSequence = recovery.NextSequence };
        DirtyRegionLog log = new(identity, writer, time, recovery.Table) { _unknown = recovery.AllUnknown ? UnknownUsable : UnknownNot, WasClosedCleanly = recovery.IsClean };
        if (firstRing.Failure is { } firstFailure)
        {
            writer.Fail(0, firstFailure);
        }

        if (secondRing.Failure is { } secondFailure)
        {
            writer.Fail(1, secondFailure);
        }

        if (!recovery.InSync || writer.Alive != RegionLogFlags.BothPlaces)
        {
            await log.BringUpAsync(recovery.Authorities);
        }
        else if (recovery.IsClean)
        {
            await log.BeginUseAsync();
        }

        return log;
    }

    /// <summary>Ends the clean close on disk: from here on map pages are written, also where no region is hot, and a cut may leave one half.</summary>
    private async ValueTask BeginUseAsync()
    {
        try
        {
            await WriteBlockAsync(RegionLogFlags.None);
        }
        catch (DirtyRegionLogException)
        {
            // A clean close that was none makes pages suspect and nothing else; the first write into a region says why it fails.
        }
    }

    private static void Check(MetadataIdentity identity, LogPlace first, LogPlace second)
    {
        if (identity.Validate() is { } complaint)
        {
            throw new ArgumentException(complaint, nameof(identity));
        }

        if (first.OffsetBytes % BlockHeader.BlockBytes != 0 || second.OffsetBytes % BlockHeader.BlockBytes != 0)
        {
            throw new ArgumentException($"Both places begin at a multiple of {BlockHeader.BlockBytes} bytes.");
        }
    }

    /// <summary>Writes the whole table into every place that is in use.</summary>
    /// <param name="authorities">
    /// The places with the newest block. They get the first block alone: as long as one of them says that it is by itself, no other place may have newer blocks,
    /// or it would be believed where the other is away.
    /// </param>
    private async ValueTask BringUpAsync(RegionLogFlags authorities)
    {
        try
        {
            if (authorities != RegionLogFlags.None)
            {
                await WriteBlockAsync(RegionLogFlags.None, authorities);
            }

            for (int slice = 0; slice < SliceCount; slice++)
            {
                await WriteBlockAsync(RegionLogFlags.None);
            }
        }
        catch (DirtyRegionLogException e)
        {
            // No place can be believed from here on: hot regions stay usable, and MarkHotAsync says why the others are not (P-8's one exception).
            _writer.FailAll(e);
            Interlocked.CompareExchange(ref _unknown, UnknownEnding, UnknownUsable);
        }
    }
}
