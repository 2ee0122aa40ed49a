using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Disks;

namespace MirrorTools.Engine.Tests;

/// <summary>What tests write into a rig's volumes, and what they find on its disks: grains that are filled with one value.</summary>
internal static class RigContent
{
    /// <summary>Fills grains of any volume.</summary>
    public static async Task FillAsync(this PairRig rig, IBlockDevice volume, long grain, byte value, int count = 1)
    {
        byte[] data = new byte[count * PairRig.GrainBytes];
        data.AsSpan().Fill(value);
        await volume.WriteAsync(rig.Geometry.OffsetOf(grain), data, WriteOptions.None, CancellationToken.None);
    }

    public static Task WriteAsync(this PairRig rig, long grain, byte value, int count = 1) => rig.WriteBytesAsync(rig.Geometry.OffsetOf(grain), value, count * PairRig.GrainBytes);

    public static async Task WriteBytesAsync(this PairRig rig, long offset, byte value, int length)
    {
        byte[] data = new byte[length];
        data.AsSpan().Fill(value);
        await rig.Host.WriteAsync(offset, data, WriteOptions.None, CancellationToken.None);
    }

    public static byte Peek(this PairRig rig, SimDisk disk, long grain)
    {
        byte[] bytes = new byte[PairRig.GrainBytes];
        disk.Peek(rig.Geometry.OffsetOf(grain), bytes);
        return bytes.All(value => value == bytes[0]) ? bytes[0] : (byte)0xEE;
    }

    public static async Task<byte[]> ReadImageAsync(this PairRig rig, IBlockDevice image)
    {
        byte[] bytes = new byte[rig.Geometry.LengthBytes];
        await image.ReadAsync(0, bytes, CancellationToken.None);
        return bytes;
    }

    public static byte[] Content(this PairRig rig, SimDisk disk)
    {
        byte[] bytes = new byte[rig.Geometry.LengthBytes];
        disk.Peek(0, bytes);
        return bytes;
    }
}
