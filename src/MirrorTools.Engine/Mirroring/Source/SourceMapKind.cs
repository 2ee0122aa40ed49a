namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Which map of site 1.</summary>
public enum SourceMapKind
{
    /// <summary>Flashcopy, <c>copied1</c>: in B and on C.</summary>
    Copied,

    /// <summary>Flashcopy, <c>future1</c>: changed after it was copied.</summary>
    Future,

    /// <summary>Flashcopy, <c>inB</c>.</summary>
    InB,

    /// <summary>Flashcopy, <c>onC</c>.</summary>
    OnC,

    /// <summary>Flashcopy, <c>cycle1</c>.</summary>
    Cycle,

    /// <summary>AsyncCopy: written, and not durable at the other site .</summary>
    OutOfSync,

    /// <summary>AsyncCopy: written after the increment under way was taken .</summary>
    ChangeRecording,
}
