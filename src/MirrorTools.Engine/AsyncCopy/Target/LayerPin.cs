using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Target;

/// <summary>A committed point whose layer is kept while it is read .</summary>
/// <param name="point">The point.</param>
/// <param name="layer">Its layer.</param>
/// <param name="release">Lets the layer go, on the pair's scheduler.</param>
internal sealed class LayerPin(CommittedPoint point, ulong layer, Func<LayerPin, Task> release) : PinnedPoint(point)
{
    private volatile bool _isLost;

    /// <summary>The point's layer.</summary>
    public ulong Layer { get; } = layer;

    /// <summary>True where the layer was given up for want of room, though somebody reads it.</summary>
    public bool IsLost
    {
        get => _isLost;
        set => _isLost = value;
    }

    /// <summary>The layer, for a read that is inside the gate.</summary>
    /// <exception cref="BlockDeviceException">It was given up.</exception>
    public ulong LayerToRead() => !IsLost
        ? Layer
        : throw new BlockDeviceException(
            BlockDeviceFault.Unreachable, $"Point {Point.Number} was given up while it was read, since the area of preserved grains is full. Make the area larger, or read a newer point.");

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await release(this);
}
