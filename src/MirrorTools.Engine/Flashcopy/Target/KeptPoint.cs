using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>
/// A committed point that stays as it is while it is read (F-28), however many commits follow. At a commit its grains that the new point replaces are on D (F-14); before
/// the second flashcopy overwrites one there, it is kept in a storage of the pin's own. Ends with its disposal or with the side.
/// </summary>
internal sealed class KeptPoint : PinnedPoint
{
    private readonly ControlFlow _control;
    private readonly PinnedPoints _pins;
    private readonly GrainGeometry _geometry;
    private readonly Func<long, ValueTask<IBlockDevice>> _openStorage;
    private volatile IBlockDevice? _storage;
    private Exception? _lost;
    private bool _isReleased;

    public KeptPoint(ControlFlow control, PinnedPoints pins, CommittedPoint point, TargetMaps maps, Func<long, ValueTask<IBlockDevice>> openStorage)
        : base(point)
    {
        _control = control;
        _pins = pins;
        _geometry = maps.Geometry;
        _openStorage = openStorage;
    }

    /// <summary>Grains that a later commit replaced: D holds this point's content until they are kept. Null before the first such commit.</summary>
    public GrainMap? Replaced { get; private set; }

    /// <summary>Grains that are in the pin's own storage.</summary>
    public GrainMap? Kept { get; private set; }

    /// <summary>Where kept grains are.</summary>
    public IBlockDevice Storage => _storage!;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _control.InvokeAsync(async () =>
        {
            if (!_isReleased)
            {
                _isReleased = true;
                await _pins.ReleaseAsync(this);
            }
        });
    }

    /// <summary>Fails where a grain could not be kept.</summary>
    /// <exception cref="BlockDeviceException">The image is no longer whole.</exception>
    public void ThrowIfLost()
    {
        if (_lost is { } cause)
        {
            throw new BlockDeviceException(
                BlockDeviceFault.Unreachable, $"Point {Point.Number} could not be kept while the pair went on, so its image is no longer whole: {cause.Message} Free space for it, and begin again.", cause);
        }
    }

    /// <summary>A commit replaces grains; readers are outside.</summary>
    public void OnCommitted(GrainMap brought)
    {
        Replaced ??= new GrainMap(_geometry.GrainCount, false);
        GrainMap.Or(Replaced, brought);
    }

    /// <summary>Keeps what of a run D is about to lose.</summary>
    /// <returns>True where something was kept.</returns>
    /// <exception cref="BlockDeviceException">D could not be read.</exception>
    public async Task<bool> KeepAsync(GrainRange run, IBlockDevice target, Memory<byte> buffer)
    {
        bool any = false;
        for (long first = run.First; Replaced is { } replaced && _lost is null && !_isReleased && first < run.End;)
        {
            long end = Math.Min(run.End, replaced.RunEnd(first));
            if (replaced[first])
            {
                any |= await KeepReplacedAsync(new GrainRange(first, end - first), target, buffer);
            }

            first = end;
        }

        return any;
    }

    /// <summary>Gives the storage back.</summary>
    public async ValueTask CloseStorageAsync()
    {
        if (_storage is not null)
        {
            await _storage.DisposeAsync();
        }
    }

    private async Task<bool> KeepReplacedAsync(GrainRange run, IBlockDevice target, Memory<byte> buffer)
    {
        Kept ??= new GrainMap(_geometry.GrainCount, false);
        bool any = false;
        for (long first = run.First; first < run.End;)
        {
            long end = Math.Min(run.End, Kept.RunEnd(first));
            if (!Kept[first])
            {
                GrainRange part = new(first, end - first);
                Memory<byte> content = buffer[..(int)_geometry.LengthOf(part)];
                await target.ReadAsync(_geometry.OffsetOf(first), content, CancellationToken.None);
                if (!await TryWriteAsync(_geometry.OffsetOf(first), content))
                {
                    return any;
                }

                Kept.SetRange(part);
                any = true;
            }

            first = end;
        }

        return any;
    }

    // What can't be kept is the reader's loss, not the mirror's.
    private async Task<bool> TryWriteAsync(long offset, ReadOnlyMemory<byte> content)
    {
        try
        {
            _storage ??= await _openStorage(_geometry.LengthBytes);
            await _storage.WriteAsync(offset, content, WriteOptions.None, CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _lost = exception;
            return false;
        }
    }
}
