using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>A committed point that stays as it is while it is read, however many commits follow (F-28, A-10). Ends with its disposal or with the side.</summary>
public abstract class PinnedPoint : IAsyncDisposable
{
    private protected PinnedPoint(CommittedPoint point) => Point = point;

    /// <summary>The point.</summary>
    public CommittedPoint Point { get; }

    /// <summary>Its image, read-only. A read fails where the storage of what is kept for it does, which never holds up the mirror.</summary>
    public IBlockDevice Image { get; internal set; } = null!;

    /// <summary>True where it stays whatever room it takes: a recovery goes to it.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>Lets the point go, and what was kept for it.</summary>
    public abstract ValueTask DisposeAsync();
}
