using System.Buffers.Binary;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>
/// The bytes of a <see cref="SyncRecord"/>; little endian.
/// <code>
///  0         2      3           4       5        6         7              8              12
///  | version | role | suspended | flags | nodes  | members | generations  | definition   | untold | 0 (3) |
/// 16  yielded to (16)
/// 32  nodes (16 each), then a generation each (id 16, since 8 in ticks, primary 16), then the definition
/// </code>
/// Members and untold are a bit for each node by its place. Flags: 1 complete.
/// </summary>
public static class SyncRecordCodec
{
    /// <summary>The version this code writes.</summary>
    public const ushort Version = 1;

    private const int FixedBytes = 32;
    private const int NodeBytes = 16;
    private const int GenerationBytes = 40;
    private const byte CompleteFlag = 1;

    /// <summary>Encodes the record.</summary>
    public static byte[] Encode(SyncRecord record)
    {
        int nodes = record.Nodes.Count;
        int generations = record.Generations.Items.Count;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nodes, SyncRecord.MaximumNodes, nameof(record));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(record.Definition.Length, PairRecord.MaximumDefinitionBytes, nameof(record));
        byte[] bytes = new byte[FixedBytes + (nodes * NodeBytes) + (generations * GenerationBytes) + record.Definition.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Version);
        bytes[2] = (byte)record.Role;
        bytes[3] = (byte)record.Suspended;
        bytes[4] = record.IsComplete ? CompleteFlag : (byte)0;
        bytes[5] = (byte)nodes;
        bytes[6] = BitsOf(record, record.Members);
        bytes[7] = (byte)generations;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), record.Definition.Length);
        bytes[12] = BitsOf(record, record.Untold);
        record.YieldedTo.TryWriteBytes(bytes.AsSpan(16));
        Span<byte> span = bytes.AsSpan(FixedBytes);
        foreach (Guid node in record.Nodes)
        {
            node.TryWriteBytes(span);
            span = span[NodeBytes..];
        }

        foreach (Generation generation in record.Generations.Items)
        {
            generation.Id.TryWriteBytes(span);
            BinaryPrimitives.WriteInt64LittleEndian(span[16..], generation.Since.UtcTicks);
            generation.WritableAgent.TryWriteBytes(span[24..]);
            span = span[GenerationBytes..];
        }

        record.Definition.Span.CopyTo(span);
        return bytes;
    }

    /// <summary>Decodes a record.</summary>
    /// <returns>False where the bytes are not a record of a version this code reads.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out SyncRecord? record)
    {
        record = null;
        if (bytes.Length < FixedBytes || BinaryPrimitives.ReadUInt16LittleEndian(bytes) != Version)
        {
            return false;
        }

        int nodeCount = bytes[5];
        int generationCount = bytes[7];
        int definitionBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (nodeCount is < 2 or > SyncRecord.MaximumNodes || generationCount is < 1 or > GenerationHistory.MaximumCount
            || bytes[2] is not ((byte)SyncRole.Primary or (byte)SyncRole.Secondary)
            || definitionBytes is < 0 or > PairRecord.MaximumDefinitionBytes
            || bytes.Length != FixedBytes + (nodeCount * NodeBytes) + (generationCount * GenerationBytes) + definitionBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> span = bytes[FixedBytes..];
        Guid[] nodes = new Guid[nodeCount];
        for (int i = 0; i < nodeCount; i++, span = span[NodeBytes..])
        {
            nodes[i] = new Guid(span[..NodeBytes]);
        }

        Generation[] generations = new Generation[generationCount];
        for (int i = 0; i < generationCount; i++, span = span[GenerationBytes..])
        {
            long ticks = Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(span[16..]), DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks);
            generations[i] = new Generation(new Guid(span[..16]), new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(span.Slice(24, 16)));
        }

        (byte members, byte untold) = (bytes[6], bytes[12]);
        record = new SyncRecord
        {
            Role = (SyncRole)bytes[2],
            Suspended = (SuspendReason)bytes[3],
            IsComplete = (bytes[4] & CompleteFlag) != 0,
            YieldedTo = new Guid(bytes.Slice(16, 16)),
            Nodes = nodes,
            Members = [.. nodes.Where((_, place) => (members & (1 << place)) != 0)],
            Untold = [.. nodes.Where((_, place) => (untold & (1 << place)) != 0)],
            Generations = new GenerationHistory(generations),
            Definition = span.ToArray(),
        };
        return record.Members.Count > 0;
    }

    private static byte BitsOf(SyncRecord record, IReadOnlyList<Guid> chosen)
    {
        int bits = 0;
        for (int place = 0; place < record.Nodes.Count; place++)
        {
            bits |= chosen.Contains(record.Nodes[place]) ? 1 << place : 0;
        }

        return (byte)bits;
    }
}
