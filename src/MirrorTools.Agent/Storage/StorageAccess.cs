namespace MirrorTools.Agent.Storage;

/// <summary>What a storage is opened for.</summary>
public enum StorageAccess
{
    /// <summary>Reading and writing, with no other writer and no other agent.</summary>
    ReadWrite,

    /// <summary>Reading, beside other readers.</summary>
    ReadOnly,
}

/// <summary>On which thread a storage's system calls run.</summary>
public enum StorageExecution
{
    /// <summary>
    /// On the caller's thread as long as the page cache answers; a read that would wait for the medium, a flush and a large zeroing go to the pool, so that they don't
    /// hold up the requests behind them.
    /// </summary>
    CallerThenPool,

    /// <summary>Always on the pool: for network file systems and media whose writes block.</summary>
    Pool,
}
