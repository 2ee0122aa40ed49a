using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// Writes the blocks of the dirty-region log to its places, one at a time, durable before the next. A place that failed gets no block
/// any more, and none is acknowledged before the other place says durably that it goes on alone.
/// </summary>
internal sealed class RegionLogWriter(IReadOnlyList<LogPlace> places, TimeProvider time)
{
    private const int WriteAttempts = 4;
    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(20);

    private readonly Exception?[] _failures = new Exception?[places.Count];
    private byte[] _buffer = new byte[BlockHeader.BlockBytes];

    /// <summary>Fills a block of this number and with these flags.</summary>
    public delegate void Composer(Span<byte> block, ulong sequence, RegionLogFlags flags);

    /// <summary>The number of the next block.</summary>
    public ulong NextSequence { get; set; } = 1;

    /// <summary>How long a place may take for a block before it counts as failed.</summary>
    public TimeSpan PlaceDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Called when a place failed.</summary>
    public Action<LogPlaceFailure>? PlaceFailed { get; set; }

    /// <summary>The places that are written to.</summary>
    public RegionLogFlags Alive =>
        (_failures[0] is null ? RegionLogFlags.FirstPlace : RegionLogFlags.None) | (_failures[1] is null ? RegionLogFlags.SecondPlace : RegionLogFlags.None);

    /// <summary>The places that are out of use, and why.</summary>
    public IReadOnlyList<LogPlaceFailure> Failures =>
        [.. Enumerable.Range(0, _failures.Length).Where(place => _failures[place] is not null).Select(place => new LogPlaceFailure(place, _failures[place]!))];

    /// <summary>Takes a place out of use.</summary>
    public void Fail(int place, Exception cause)
    {
        _failures[place] = cause;
        PlaceFailed?.Invoke(new LogPlaceFailure(place, cause));
    }

    /// <summary>Takes every place out of use.</summary>
    public void FailAll(Exception cause)
    {
        for (int place = 0; place < _failures.Length; place++)
        {
            if (_failures[place] is null)
            {
                Fail(place, cause);
            }
        }
    }

    /// <summary>Writes a block; durable in every place that is in use when it returns.</summary>
    /// <param name="compose">Fills the block; called again where a place fails.</param>
    /// <param name="only">The places that get it; the block's flags name all that are in use.</param>
    /// <exception cref="DirtyRegionLogException">No place took it.</exception>
    public async ValueTask WriteAsync(Composer compose, RegionLogFlags only = RegionLogFlags.BothPlaces)
    {
        while (true)
        {
            RegionLogFlags alive = Alive;
            if ((alive & only) == RegionLogFlags.None)
            {
                throw new DirtyRegionLogException(
                    "The dirty-region log can be written in neither of its places, so writes into regions that are not in it are refused. Replace the failed storage and resume the pair (Resume-MirrorPair).",
                    isTransient: false,
                    _failures[0] ?? _failures[1]);
            }

            compose(_buffer, NextSequence, alive);
            Task first = alive.HasFlag(RegionLogFlags.FirstPlace) && only.HasFlag(RegionLogFlags.FirstPlace) ? WriteToPlaceAsync(0) : Task.CompletedTask;
            Task second = alive.HasFlag(RegionLogFlags.SecondPlace) && only.HasFlag(RegionLogFlags.SecondPlace) ? WriteToPlaceAsync(1) : Task.CompletedTask;
            await first;
            await second;

            // Where none took it, the same number is used again: in that place of the ring no other block may be left.
            if ((Alive & only) != RegionLogFlags.None)
            {
                NextSequence++;
            }

            if (Alive == alive)
            {
                return;
            }
        }
    }

    private async Task WriteToPlaceAsync(int place)
    {
        byte[] buffer = _buffer;
        try
        {
            await WriteWithRetryAsync(place, buffer, NextSequence).WithDeadline(PlaceDeadline, time, CancellationToken.None);
        }
        catch (TimeoutException e)
        {
            // The device may still read from the buffer.
            _buffer = new byte[BlockHeader.BlockBytes];
            Fail(place, new TimeoutException($"The dirty-region log's place {place} took longer than {PlaceDeadline.TotalSeconds} s for a block.", e));
        }
        catch (Exception e)
        {
            Fail(place, e);
        }
    }

    private async Task WriteWithRetryAsync(int place, byte[] buffer, ulong sequence)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await places[place].Device.WriteAsync(
                    places[place].OffsetBytes + RegionLogBlock.OffsetOf(sequence), buffer, WriteOptions.ForceUnitAccess, CancellationToken.None);
                return;
            }
            catch (BlockDeviceException e) when (e.IsTransient && attempt < WriteAttempts && _failures[place] is null)
            {
                await Task.Delay(s_retryDelay * attempt, time);
            }
        }
    }
}
