namespace MirrorTools.Engine.Pairs;

/// <summary>How a pair's content gets to the other site.</summary>
public enum CopyService : byte
{
    /// <summary>Cyclic incremental flashcopy over two intermediates.</summary>
    Flashcopy,

    /// <summary>Asynchronous copy with change recording.</summary>
    AsyncCopy,
}
