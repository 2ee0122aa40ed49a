using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>The bytes of a pair's record (docs/formats/pair-record.md).</summary>
public sealed class PairRecordCodecTests
{
    private const string Golden =
        "0100" + "02" + "05" + "3C" + "01" + "01" + "00"
        + "0B00000000000000" + "0A00000000000000" + "03000000" + "02000000" + "02000000" + "00000000"
        + Point + Generation + Point + "7B7D";

    private const string Point =
        "0A00000000000000" + "04030201060508070910111213141516" + "00B0D15343B7DB08" + "003068EC43B7DB08";

    private const string Generation =
        "A4A3A2A1A6A5A8A7A9B0B1B2B3B4B5B6" + "00B0D15343B7DB08" + "C4C3C2C1C6C5C8C7C9D0D1D2D3D4D5D6";

    [Fact]
    [Rule("F-18")]
    public void The_record_has_these_bytes()
    {
        PairRecord record = Record();
        Assert.Equal(Golden, Convert.ToHexString(PairRecordCodec.Encode(record)));
        Assert.True(PairRecordCodec.TryDecode(Convert.FromHexString(Golden), out PairRecord? decoded));
        Assert.Equal(Golden, Convert.ToHexString(PairRecordCodec.Encode(decoded!)));
        Assert.Equal(record.LastCommitted, decoded!.LastCommitted);
        Assert.Equal(record.Generations.Items, decoded.Generations.Items);
        Assert.True(decoded.IsRecovered && decoded.IsStorageFull && decoded.NeedsComparison && decoded.FirstIntermediateLent);
        Assert.False(decoded.OwesDifferences || decoded.AwaitsRemoteDifferences);
    }

    /// <summary>Retained points come after the group's part, and count in the length.</summary>
    [Fact]
    [Rule("A-10")]
    public void Retained_points_are_part_of_the_record()
    {
        byte[] bytes = PairRecordCodec.Encode(Record() with { RetainedPoints = [7, 9] });
        Assert.EndsWith("0200000000000000" + "0700000000000000" + "0900000000000000" + "7B7D", Convert.ToHexString(bytes), StringComparison.Ordinal);
        Assert.True(PairRecordCodec.TryDecode(bytes, out PairRecord? decoded));
        Assert.Equal([7, 9], decoded!.RetainedPoints);
        Assert.Equal("{}"u8.ToArray(), decoded.Definition.ToArray());
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(PairRecordCodec.TryDecode(bytes.AsSpan(0, length), out _));
        }
    }

    /// <summary>It stands where older programs wrote zeros and read nothing, so that each reads the other's.</summary>
    [Theory]
    [Rule("A-13")]
    [InlineData(null, "00000000")]
    [InlineData(0L, "01000000")]
    [InlineData(1_234L, "D3040000")]
    [InlineData(long.MaxValue / 10, "FFFFFFFF")]
    public void How_long_writes_were_held_for_the_last_point_is_part_of_the_record(long? microseconds, string expected)
    {
        byte[] bytes = PairRecordCodec.Encode(Record() with { LastHold = microseconds is { } held ? TimeSpan.FromMicroseconds(held) : null });
        Assert.Equal(expected, Convert.ToHexString(bytes.AsSpan(36, 4)));
        Assert.True(PairRecordCodec.TryDecode(bytes, out PairRecord? decoded));
        Assert.Equal(microseconds is null ? null : TimeSpan.FromMicroseconds(Math.Min(microseconds.Value, uint.MaxValue - 1)), decoded!.LastHold);
        Assert.Null(decoded.WithCommitted(decoded.LastCommitted).LastHold);
    }

    /// <summary>The recovered point and the names of points come after them.</summary>
    [Fact]
    [Rule("A-10")]
    public void A_recovered_point_and_names_are_part_of_the_record()
    {
        byte[] bytes = PairRecordCodec.Encode(Record() with { RetainedPoints = [7], RecoveredPoint = 6, NamedPoints = [new NamedPoint(7, "a"), new NamedPoint(9, "b-2")] });
        Assert.Equal(3, bytes[7]);
        Assert.EndsWith(
            "0700000000000000" + "0600000000000000" + "02" + "0700000000000000" + "01" + "61" + "0900000000000000" + "03" + "622D32" + "7B7D", Convert.ToHexString(bytes), StringComparison.Ordinal);
        Assert.True(PairRecordCodec.TryDecode(bytes, out PairRecord? decoded));
        Assert.Equal(6ul, decoded!.RecoveredPoint);
        Assert.Equal([new NamedPoint(7, "a"), new NamedPoint(9, "b-2")], decoded.NamedPoints);
        Assert.Equal([7], decoded.RetainedPoints);
        Assert.Equal("{}"u8.ToArray(), decoded.Definition.ToArray());
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(PairRecordCodec.TryDecode(bytes.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Every_shorter_or_longer_text_is_refused()
    {
        byte[] bytes = Convert.FromHexString(Golden);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(PairRecordCodec.TryDecode(bytes.AsSpan(0, length), out _));
        }

        Assert.False(PairRecordCodec.TryDecode([.. bytes, 0], out _));
    }

    [Fact]
    public void Another_version_is_refused()
    {
        byte[] bytes = Convert.FromHexString(Golden);
        bytes[0] = 2;
        Assert.False(PairRecordCodec.TryDecode(bytes, out _));
    }

    private static PairRecord Record()
    {
        DateTimeOffset takenAt = new(2023, 9, 17, 6, 0, 0, TimeSpan.Zero);
        CommittedPoint point = new(10, Guid.Parse("01020304-0506-0708-0910-111213141516"), takenAt, takenAt + TimeSpan.FromMilliseconds(256_000));
        return new PairRecord
        {
            Role = PairRole.Target,
            Suspended = (SuspendReason)5,
            IsRecovered = true,
            IsStorageFull = true,
            NeedsComparison = true,
            FirstIntermediateLent = true,
            PointReserve = 11,
            TargetPoint = 10,
            SourceRoleOrdinal = 3,
            TargetRoleOrdinal = 2,
            LastCommitted = point,
            RecentPoints = [point],
            Generations = new GenerationHistory(
            [
                new Generation(Guid.Parse("a1a2a3a4-a5a6-a7a8-a9b0-b1b2b3b4b5b6"), takenAt, Guid.Parse("c1c2c3c4-c5c6-c7c8-c9d0-d1d2d3d4d5d6")),
            ]),
            Definition = "{}"u8.ToArray(),
        };
    }
}
