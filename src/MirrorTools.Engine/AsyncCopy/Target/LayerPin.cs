using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.AsyncCopy.Target;

/// <summary>A committed point whose layer is kept while it is read .</summary>
/// <param name="point">The point.</param>
/// <param name="layer">Its layer.</param>
/// <param name="release">Lets the layer go, on the pair's scheduler.</param>
internal sealed class LayerPin(CommittedPoint point, ulong layer, Func<LayerPin, Task> release) : PinnedPoint(point)
{
    /// <summary>The point's layer.</summary>
    public ulong Layer { get; } = layer;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await release(this);
}
