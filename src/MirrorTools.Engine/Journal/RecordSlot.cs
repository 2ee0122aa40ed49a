using System.Buffers.Binary;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// One slot of the state record; written whole, in as many blocks of 4 KiB as it needs.
/// <code>
///  0  common header (40 bytes)
/// 40  payload length (4)
/// 44  0 (20)
/// 64  payload, then 0 up to a multiple of 4096; the checksum covers all of it
/// </code>
/// </summary>
internal static class RecordSlot
{
    public const int MaximumPayloadBytes = 32 * 1024;
    public const int MaximumSlotBytes = MaximumPayloadBytes + BlockHeader.BlockBytes;

    private const int LengthOffset = 40;
    private const int PayloadOffset = 64;

    /// <summary>Reads a slot; false where it is damaged or another pair's.</summary>
    public static bool TryRead(ReadOnlySpan<byte> slot, Guid pairId, out ulong sequence, out ReadOnlySpan<byte> payload)
    {
        sequence = 0;
        payload = default;
        int lengthBytes = BinaryPrimitives.ReadInt32LittleEndian(slot[LengthOffset..]);
        if (lengthBytes is < 0 or > MaximumPayloadBytes
            || !BlockHeader.TryRead(slot[..SlotBytes(lengthBytes)], BlockMagic.Record, out BlockHeader header)
            || header.Version != BlockHeader.CurrentVersion
            || header.PairId != pairId)
        {
            return false;
        }

        sequence = header.Sequence;
        payload = slot.Slice(PayloadOffset, lengthBytes);
        return true;
    }

    /// <summary>Writes a slot and returns how many bytes of the buffer it takes.</summary>
    public static int Write(Span<byte> slot, Guid pairId, ulong sequence, ReadOnlySpan<byte> payload)
    {
        Span<byte> used = slot[..SlotBytes(payload.Length)];
        used.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(used[LengthOffset..], payload.Length);
        payload.CopyTo(used[PayloadOffset..]);
        new BlockHeader(BlockMagic.Record, BlockHeader.CurrentVersion, pairId, sequence).Seal(used);
        return used.Length;
    }

    private static int SlotBytes(int payloadBytes) =>
        (PayloadOffset + payloadBytes + BlockHeader.BlockBytes - 1) / BlockHeader.BlockBytes * BlockHeader.BlockBytes;
}
