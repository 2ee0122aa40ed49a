using System.Buffers.Binary;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>
/// What the table says of one slot. The default value is a free slot, and sixteen zeros on disk.
/// <code>
///  0                 8                  16
/// +-----------------+------------------+
/// | label           | Z | grain + 1    |   Z: the top bit, set where the grain is all zeros and the slot holds no data
/// +-----------------+------------------+
/// </code>
/// </summary>
/// <param name="Label">The layer that was the newest when the grain was preserved.</param>
/// <param name="GrainWord">The grain's number plus one and the flag; 0 where the slot is free.</param>
internal readonly record struct PreservedEntry(ulong Label, ulong GrainWord)
{
    public const int SizeBytes = 16;

    private const ulong ZerosFlag = 1UL << 63;

    /// <summary>True where the slot holds nothing.</summary>
    public bool IsFree => GrainWord == 0;

    /// <summary>The grain; of no meaning in a free slot.</summary>
    public long Grain => (long)(GrainWord & ~ZerosFlag) - 1;

    /// <summary>True where the grain is all zeros.</summary>
    public bool IsZeros => (GrainWord & ZerosFlag) != 0;

    /// <summary>An entry for a grain with data.</summary>
    public static PreservedEntry For(ulong label, long grain) => new(label, (ulong)grain + 1);

    /// <summary>The same grain, all zeros.</summary>
    public PreservedEntry AsZeros() => this with { GrainWord = GrainWord | ZerosFlag };

    public static PreservedEntry Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Label);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], GrainWord);
    }
}
