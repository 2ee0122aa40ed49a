using System.Buffers.Binary;

namespace MirrorTools.Engine.Pairs;

/// <summary>The bytes of a <see cref="PairRecord"/>; docs/formats/pair-record.md has the picture. Little endian.</summary>
public static class PairRecordCodec
{
    /// <summary>The version this code writes.</summary>
    public const ushort Version = 1;

    private const int FixedBytes = 40;
    private const int GenerationBytes = 40;
    private const int PointBytes = 40;
    private const int GroupBytes = 40;
    private const int HasGroupPart = 64;
    private const int HasRetainedPart = 128;

    // Of the second byte of flags.
    private const int HasRecoveredPoint = 1;
    private const int HasNamedPart = 2;

    /// <summary>Encodes the record.</summary>
    public static byte[] Encode(PairRecord record)
    {
        if (record.Definition.Length > PairRecord.MaximumDefinitionBytes)
        {
            throw new ArgumentException($"A pair's definition takes at most {PairRecord.MaximumDefinitionBytes} bytes.", nameof(record));
        }

        int generations = record.Generations.Items.Count;
        int points = record.RecentPoints.Count;
        bool hasGroupPart = !record.Prepared.IsNone || record.SettledThrough != 0;
        byte[] bytes = new byte[FixedBytes + PointBytes + (generations * GenerationBytes) + (points * PointBytes)
            + (hasGroupPart ? GroupBytes : 0) + RetainedBytes(record.RetainedPoints.Count)
            + (record.RecoveredPoint != 0 ? 8 : 0) + NamedPointsCodec.Bytes(record.NamedPoints) + record.Definition.Length];
        Span<byte> span = bytes;
        BinaryPrimitives.WriteUInt16LittleEndian(span, Version);
        span[2] = (byte)record.Role;
        span[3] = (byte)record.Suspended;
        span[4] = (byte)((record.AwaitsRemoteDifferences ? 1 : 0) | (record.OwesDifferences ? 2 : 0)
            | (record.FirstIntermediateLent ? 4 : 0) | (record.NeedsComparison ? 8 : 0) | (record.IsRecovered ? 16 : 0)
            | (record is { IsStorageFull: true, Suspended: not SuspendReason.None } ? 32 : 0)
            | (hasGroupPart ? HasGroupPart : 0) | (record.RetainedPoints.Count > 0 ? HasRetainedPart : 0));
        span[5] = (byte)generations;
        span[6] = (byte)points;
        span[7] = (byte)((record.RecoveredPoint != 0 ? HasRecoveredPoint : 0) | (record.NamedPoints.Count > 0 ? HasNamedPart : 0));
        BinaryPrimitives.WriteUInt64LittleEndian(span[8..], record.PointReserve);
        BinaryPrimitives.WriteUInt64LittleEndian(span[16..], record.TargetPoint);
        BinaryPrimitives.WriteUInt32LittleEndian(span[24..], record.SourceRoleOrdinal);
        BinaryPrimitives.WriteUInt32LittleEndian(span[28..], record.TargetRoleOrdinal);
        BinaryPrimitives.WriteInt32LittleEndian(span[32..], record.Definition.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(span[36..], record.LastHold is { } held ? 1 + (uint)Math.Clamp(held.TotalMicroseconds, 0, uint.MaxValue - 1) : 0);
        span = span[FixedBytes..];
        span = Put(span, record.LastCommitted);
        foreach (Generation generation in record.Generations.Items)
        {
            generation.Id.TryWriteBytes(span);
            BinaryPrimitives.WriteInt64LittleEndian(span[16..], generation.Since.UtcTicks);
            generation.WritableAgent.TryWriteBytes(span[24..]);
            span = span[GenerationBytes..];
        }

        foreach (CommittedPoint point in record.RecentPoints)
        {
            span = Put(span, point);
        }

        if (hasGroupPart)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(span, record.SettledThrough);
            BinaryPrimitives.WriteUInt64LittleEndian(span[8..], record.Prepared.Number);
            BinaryPrimitives.WriteInt64LittleEndian(span[16..], record.Prepared.TakenAt.UtcTicks);
            record.Prepared.Lead.TryWriteBytes(span[24..]);
            span = span[(GroupBytes)..];
        }

        if (record.RetainedPoints.Count > 0)
        {
            span[0] = (byte)record.RetainedPoints.Count;
            for (int i = 0; i < record.RetainedPoints.Count; i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(span[(8 * (i + 1))..], record.RetainedPoints[i]);
            }

            span = span[RetainedBytes(record.RetainedPoints.Count)..];
        }

        if (record.RecoveredPoint != 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(span, record.RecoveredPoint);
            span = span[8..];
        }

        record.Definition.Span.CopyTo(NamedPointsCodec.Put(span, record.NamedPoints));
        return bytes;
    }

    /// <summary>Decodes a record.</summary>
    /// <returns>False where the bytes are not a record of a version this code reads.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out PairRecord? record)
    {
        record = null;
        if (bytes.Length < FixedBytes + PointBytes || BinaryPrimitives.ReadUInt16LittleEndian(bytes) != Version)
        {
            return false;
        }

        int generations = bytes[5];
        int points = bytes[6];
        int definition = BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]);
        int groupBytes = (bytes[4] & HasGroupPart) != 0 ? GroupBytes : 0;
        int toRetained = FixedBytes + PointBytes + (generations * GenerationBytes) + (points * PointBytes) + groupBytes;
        int retained = (bytes[4] & HasRetainedPart) != 0 && bytes.Length > toRetained ? bytes[toRetained] : 0;
        int toNames = toRetained + RetainedBytes(retained) + ((bytes[7] & HasRecoveredPoint) != 0 ? 8 : 0);
        int named = 0;
        NamedPoint[] names = [];
        if ((bytes[7] & HasNamedPart) != 0 && (bytes.Length < toNames || !NamedPointsCodec.TryTake(bytes[toNames..], out names, out named)))
        {
            return false;
        }

        if (generations == 0 || definition is < 0 or > PairRecord.MaximumDefinitionBytes || bytes.Length != toNames + named + definition)
        {
            return false;
        }

        ReadOnlySpan<byte> span = bytes[FixedBytes..];
        CommittedPoint last = Take(ref span);
        Generation[] history = new Generation[generations];
        for (int i = 0; i < generations; i++)
        {
            history[i] = new Generation(
                new Guid(span[..16]),
                new DateTimeOffset(Ticks(span[16..]), TimeSpan.Zero),
                new Guid(span.Slice(24, 16)));
            span = span[GenerationBytes..];
        }

        CommittedPoint[] recent = new CommittedPoint[points];
        for (int i = 0; i < points; i++)
        {
            recent[i] = Take(ref span);
        }

        ulong settledThrough = 0;
        PreparedPoint prepared = PreparedPoint.None;
        if (groupBytes != 0)
        {
            settledThrough = BinaryPrimitives.ReadUInt64LittleEndian(span);
            prepared = new PreparedPoint(
                BinaryPrimitives.ReadUInt64LittleEndian(span[8..]), new DateTimeOffset(Ticks(span[16..]), TimeSpan.Zero), new Guid(span.Slice(24, 16)));
            span = span[groupBytes..];
        }

        ulong[] retainedPoints = new ulong[retained];
        for (int i = 0; i < retained; i++)
        {
            retainedPoints[i] = BinaryPrimitives.ReadUInt64LittleEndian(span[(8 * (i + 1))..]);
        }

        span = span[RetainedBytes(retained)..];
        record = new PairRecord
        {
            RetainedPoints = retainedPoints,
            RecoveredPoint = (bytes[7] & HasRecoveredPoint) != 0 ? BinaryPrimitives.ReadUInt64LittleEndian(span) : 0,
            NamedPoints = names,
            SettledThrough = settledThrough,
            Prepared = prepared,
            Role = (PairRole)bytes[2],
            Suspended = (SuspendReason)bytes[3],
            AwaitsRemoteDifferences = (bytes[4] & 1) != 0,
            OwesDifferences = (bytes[4] & 2) != 0,
            FirstIntermediateLent = (bytes[4] & 4) != 0,
            NeedsComparison = (bytes[4] & 8) != 0,
            IsStorageFull = (bytes[4] & 32) != 0,
            PointReserve = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            IsRecovered = (bytes[4] & 16) != 0,
            TargetPoint = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            SourceRoleOrdinal = BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]),
            TargetRoleOrdinal = BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]),
            LastCommitted = last,
            LastHold = BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]) is > 0 and var held ? TimeSpan.FromMicroseconds(held - 1) : null,
            Generations = new GenerationHistory(history),
            RecentPoints = recent,
            Definition = bytes[(toNames + named)..].ToArray(),
        };
        return true;
    }

    private static int RetainedBytes(int points) => points == 0 ? 0 : 8 * (points + 1);

    private static Span<byte> Put(Span<byte> span, CommittedPoint point)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(span, point.Number);
        point.Id.TryWriteBytes(span[8..]);
        BinaryPrimitives.WriteInt64LittleEndian(span[24..], point.TakenAt.UtcTicks);
        BinaryPrimitives.WriteInt64LittleEndian(span[32..], point.CommittedAt.UtcTicks);
        return span[PointBytes..];
    }

    private static CommittedPoint Take(ref ReadOnlySpan<byte> span)
    {
        CommittedPoint point = new(
            BinaryPrimitives.ReadUInt64LittleEndian(span),
            new Guid(span.Slice(8, 16)),
            new DateTimeOffset(Ticks(span[24..]), TimeSpan.Zero),
            new DateTimeOffset(Ticks(span[32..]), TimeSpan.Zero));
        span = span[PointBytes..];
        return point;
    }

    private static long Ticks(ReadOnlySpan<byte> span) =>
        Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(span), DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks);
}
