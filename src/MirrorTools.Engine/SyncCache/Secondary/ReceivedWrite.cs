using System.Buffers;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache.Secondary;

/// <summary>A write that a secondary has received and that is not in its cache yet: not all nodes are known to have it (S-3), or its region is still cold.</summary>
internal sealed class ReceivedWrite
{
    private byte[]? _buffer;

    /// <summary>Takes a copy of a message: the link gets its room back at once.</summary>
    public ReceivedWrite(ReceivedMessage received, GrainRange grains)
    {
        PeerMessage message = received.Message;
        (Number, OffsetBytes, LengthBytes, Grains) = (message.Point, message.FirstGrain, message.GrainCount, grains);
        Options = (WriteOptions)message.Status;
        if (message.Kind == SyncMessage.Write)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(received.Payload.Length);
            received.Payload.CopyTo(_buffer);
        }
    }

    /// <summary>Its place in the order of writes; 0 for a grain of an update.</summary>
    public ulong Number { get; }

    /// <summary>Where it begins.</summary>
    public long OffsetBytes { get; }

    /// <summary>How long it is.</summary>
    public long LengthBytes { get; }

    /// <summary>The grains it touches.</summary>
    public GrainRange Grains { get; }

    /// <summary>How its host wanted it done.</summary>
    public WriteOptions Options { get; }

    /// <summary>How many were queued before it, and itself.</summary>
    public long Sequence { get; set; }

    /// <summary>The gate's ticket: its region stays hot until it is in the cache.</summary>
    public int Ticket { get; set; }

    /// <summary>True where it writes zeros.</summary>
    public bool IsZeroes => _buffer is null;

    /// <summary>What it writes.</summary>
    public ReadOnlySpan<byte> Data => _buffer.AsSpan(0, (int)LengthBytes);

    /// <summary>Gives the copy back.</summary>
    public void Release()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
