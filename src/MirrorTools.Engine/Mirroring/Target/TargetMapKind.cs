namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>Which map of site 2.</summary>
public enum TargetMapKind
{
    /// <summary>Flashcopy, <c>copied2</c>.</summary>
    Copied,

    /// <summary>Flashcopy, <c>future2</c>.</summary>
    Future,

    /// <summary>AsyncCopy: grains of the last committed point that the secondary has newer .</summary>
    Preserved,
}
