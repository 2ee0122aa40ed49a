namespace MirrorTools.Contracts.Pairs;

/// <summary>The copy service of a pair.</summary>
public enum CopyService
{
    /// <summary>Cyclic incremental flashcopy over two intermediate storages.</summary>
    Flashcopy,

    /// <summary>Asynchronous copy with change recording.</summary>
    AsyncCopy,

    /// <summary>Synchronous cache mirroring with hardening records.</summary>
    SyncCache,
}
