using Microsoft.Extensions.Logging;

namespace MirrorTools.Protocols.Nbd;

/// <summary>What the connections of one server share.</summary>
internal sealed class NbdServerContext(NbdServerOptions options, NbdExportTable exports, ILogger logger)
{
    public NbdServerOptions Options { get; } = options;

    public NbdExportTable Exports { get; } = exports;

    public ILogger Logger { get; } = logger;

    /// <summary>Payload bytes in flight on all connections.</summary>
    public NbdByteBudget Budget { get; } = new(options.MemoryBudgetBytes);

    /// <summary>Keeps at most an eighth of the budget when nothing is in flight.</summary>
    public NbdBufferPool Buffers { get; } = new(options.MemoryBudgetBytes / 8);
}
