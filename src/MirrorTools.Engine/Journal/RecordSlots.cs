namespace MirrorTools.Engine.Journal;

/// <summary>
/// A record of up to 32 KiB in two slots written in turn: a write that is cut leaves the one before. Writes wait for each other.
/// </summary>
/// <remarks>See <see cref="RecordSlot"/> for the bytes.</remarks>
public sealed class RecordSlots
{
    /// <summary>The largest payload, in bytes.</summary>
    public const int MaximumPayloadBytes = RecordSlot.MaximumPayloadBytes;

    private readonly MetadataDevice _device;
    private readonly long _offsetBytes;
    private readonly Guid _pairId;
    private readonly byte[] _buffer = new byte[RecordSlot.MaximumSlotBytes];
    private int _currentSlot;

    private RecordSlots(MetadataDevice device, long offsetBytes, Guid pairId) =>
        (_device, _offsetBytes, _pairId) = (device, offsetBytes, pairId);

    /// <summary>The payload of the newest record; empty where none was written since the file was created.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    /// <summary>The newest record's number; grows with every write.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>
    /// Writes a record into the older slot; durable when it returns, with everything that was written to the file before it. Where it throws, the
    /// record before it, or this one, is what the next opening finds.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The payload is too large.</exception>
    /// <exception cref="IOException">The write or the flush failed; after a failed flush every later write fails (P-2).</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaximumPayloadBytes, nameof(payload));
        using SerialGate.Turn turn = await _device.EnterAsync(cancellationToken);
        int slot = 1 - _currentSlot;

        // A number is never used twice, even where its write failed: it may be on the disk.
        ulong sequence = ++Sequence;
        await WriteSlotAsync(slot, sequence, payload, cancellationToken);
        await _device.FlushAsync(cancellationToken);
        (_currentSlot, Current) = (slot, payload.ToArray());
    }

    /// <summary>Writes an empty record into both slots, so that a slot that is not valid is always one that was cut or has rotted.</summary>
    internal static async Task<RecordSlots> CreateAsync(MetadataDevice device, long offsetBytes, Guid pairId, CancellationToken cancellationToken)
    {
        RecordSlots slots = new(device, offsetBytes, pairId) { Sequence = 2 };
        await slots.WriteSlotAsync(0, 1, ReadOnlyMemory<byte>.Empty, cancellationToken);
        await slots.WriteSlotAsync(1, 2, ReadOnlyMemory<byte>.Empty, cancellationToken);
        slots._currentSlot = 1;
        return slots;
    }

    internal static async Task<RecordSlots> OpenAsync(MetadataDevice device, long offsetBytes, Guid pairId, CancellationToken cancellationToken)
    {
        RecordSlots slots = new(device, offsetBytes, pairId);
        bool found = false;
        for (int slot = 0; slot < 2; slot++)
        {
            await device.ReadBlocksAsync(
                offsetBytes + (slot * MetadataLayout.CopyDistanceBytes), slots._buffer, content => RecordSlot.TryRead(content.Span, pairId, out _, out _), cancellationToken);
            if (RecordSlot.TryRead(slots._buffer, pairId, out ulong sequence, out ReadOnlySpan<byte> payload) && (!found || sequence > slots.Sequence))
            {
                (slots._currentSlot, slots.Sequence, slots.Current, found) = (slot, sequence, payload.ToArray(), true);
            }
        }

        return found
            ? slots
            : throw new MetadataCorruptException(
                "state record",
                "Neither slot of the metadata file's state record is valid. The pair's state is lost: recover from the other site, or restore the file from a copy.");
    }

    private async ValueTask WriteSlotAsync(int slot, ulong sequence, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        int lengthBytes = RecordSlot.Write(_buffer, _pairId, sequence, payload.Span);
        long offsetBytes = _offsetBytes + (slot * MetadataLayout.CopyDistanceBytes);
        await _device.Device.WriteAsync(offsetBytes, _buffer.AsMemory(0, lengthBytes), Volumes.WriteOptions.None, cancellationToken);
    }
}
