using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache.Hosts;

/// <summary>How hosts' requests go at a node in the role that it has. From any thread.</summary>
internal interface IHostPath
{
    /// <summary>True where hosts may write.</summary>
    bool IsWritable { get; }

    /// <summary>Reads.</summary>
    ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Begins a write where nothing is in its way.</summary>
    bool TryWrite(long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, out ValueTask answer);

    /// <summary>Writes data, or zeros where there is none, and waits for what is in the way.</summary>
    ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Makes what was acknowledged durable, as the pair's policy says.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);
}
