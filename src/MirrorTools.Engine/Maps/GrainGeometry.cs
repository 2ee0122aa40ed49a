using System.Numerics;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Maps;

/// <summary>How a volume is cut into grains (F-25). The last grain may be short.</summary>
public readonly record struct GrainGeometry
{
    /// <summary>The smallest grain, in bytes.</summary>
    public const int MinimumGrainBytes = 4 * 1024;

    /// <summary>The largest grain, in bytes.</summary>
    public const int MaximumGrainBytes = 4 * 1024 * 1024;

    /// <summary>The grain of a volume whose admin names none, in bytes.</summary>
    public const int DefaultGrainBytes = 64 * 1024;

    /// <summary>The largest volume, in bytes: 64 TiB.</summary>
    public const long MaximumLengthBytes = 1L << 46;

    private readonly int _grainShift;

    /// <summary>Cuts a volume into grains.</summary>
    /// <param name="lengthBytes">The volume's size: whole sectors, at least one, at most 64 TiB.</param>
    /// <param name="grainBytes">The grain's size: a power of two from 4 KiB to 4 MiB.</param>
    /// <exception cref="ArgumentException">One of them is out of these bounds.</exception>
    public GrainGeometry(long lengthBytes, int grainBytes)
    {
        if (Validate(lengthBytes, grainBytes) is { } complaint)
        {
            throw new ArgumentException(complaint);
        }

        LengthBytes = lengthBytes;
        _grainShift = BitOperations.Log2((uint)grainBytes);
    }

    /// <summary>The volume's size in bytes.</summary>
    public long LengthBytes { get; }

    /// <summary>The size of every grain but the last one, in bytes.</summary>
    public int GrainBytes => 1 << _grainShift;

    /// <summary>How many grains the volume has, counting a short last one.</summary>
    public long GrainCount => (LengthBytes + GrainBytes - 1) >> _grainShift;

    /// <summary>Says what is wrong with a size and a grain, or null where they are fine.</summary>
    public static string? Validate(long lengthBytes, long grainBytes)
    {
        if (grainBytes is < MinimumGrainBytes or > MaximumGrainBytes || !BitOperations.IsPow2(grainBytes))
        {
            return $"A grain of {grainBytes} bytes is not possible: take a power of two from {MinimumGrainBytes} to {MaximumGrainBytes}.";
        }

        if (lengthBytes is <= 0 or > MaximumLengthBytes)
        {
            return $"A volume of {lengthBytes} bytes is not possible: take 1 sector to {MaximumLengthBytes} bytes (64 TiB).";
        }

        return lengthBytes % BlockGeometry.SectorBytes != 0
            ? $"A volume of {lengthBytes} bytes is not possible: its size must be a multiple of {BlockGeometry.SectorBytes}."
            : null;
    }

    /// <summary>The grain that holds the byte at <paramref name="offsetBytes"/>.</summary>
    public long GrainAt(long offsetBytes) => offsetBytes >> _grainShift;

    /// <summary>All grains that a range of bytes touches; empty for an empty range.</summary>
    public GrainRange Covering(long offsetBytes, long lengthBytes)
    {
        long first = GrainAt(offsetBytes);
        return lengthBytes == 0 ? new GrainRange(first, 0) : new GrainRange(first, GrainAt(offsetBytes + lengthBytes - 1) - first + 1);
    }

    /// <summary>Where a grain begins, in bytes.</summary>
    public long OffsetOf(long grain) => grain << _grainShift;

    /// <summary>How many bytes a run of grains holds; less than a multiple of the grain where the run ends with a short last grain.</summary>
    public long LengthOf(long first, long count) => Math.Min(OffsetOf(first + count), LengthBytes) - OffsetOf(first);

    /// <summary>How many bytes a run of grains holds.</summary>
    public long LengthOf(GrainRange range) => LengthOf(range.First, range.Count);
}
