using System.Buffers.Binary;
using System.Text;

namespace MirrorTools.Agent.Demo;

/// <summary>
/// FAT32 with one contiguous file, for machines without e2fsprogs: boot sector, FSInfo, two tables, a root directory of one cluster (Microsoft's FAT
/// specification 1.03). Written here because no maintained library for it is at hand; the demo needs this one layout and no more.
/// </summary>
internal static class FatImage
{
    public const string Kind = "FAT32";

    private const int SectorBytes = 512;
    private const int ClusterSectors = 8;
    private const int ClusterBytes = SectorBytes * ClusterSectors;
    private const int ReservedSectors = 32;

    public static FileSystemImage Create(string imagePath, long lengthBytes, long dataBytes)
    {
        uint sectors = (uint)(lengthBytes / SectorBytes);
        uint tableSectors = (uint)(((sectors / ClusterSectors * 4) + SectorBytes - 1) / SectorBytes);
        uint firstData = ReservedSectors + (2 * tableSectors);
        uint clusters = (uint)((dataBytes + ClusterBytes - 1) / ClusterBytes);
        using FileStream image = File.Create(imagePath);
        image.SetLength(lengthBytes);

        byte[] boot = Boot(sectors, tableSectors);
        Put(image, 0, boot);
        Put(image, 6 * SectorBytes, boot);
        byte[] info = Info((sectors - firstData) / ClusterSectors - clusters - 1, clusters + 3);
        Put(image, SectorBytes, info);
        Put(image, 7 * SectorBytes, info);

        byte[] table = Table(clusters);
        Put(image, ReservedSectors * (long)SectorBytes, table);
        Put(image, (ReservedSectors + tableSectors) * (long)SectorBytes, table);
        Put(image, firstData * (long)SectorBytes, Directory(dataBytes));
        long data = (firstData + ClusterSectors) * (long)SectorBytes;
        image.Position = data;
        DemoContent.Write(image, dataBytes);
        return new FileSystemImage(Kind, [(data, dataBytes / ClusterBytes * ClusterBytes)]);
    }

    private static byte[] Boot(uint sectors, uint tableSectors)
    {
        byte[] boot = new byte[SectorBytes];
        ((ReadOnlySpan<byte>)[0xEB, 0x58, 0x90]).CopyTo(boot);
        Encoding.ASCII.GetBytes("MSWIN4.1").CopyTo(boot, 3);
        BinaryPrimitives.WriteUInt16LittleEndian(boot.AsSpan(11), SectorBytes);
        boot[13] = ClusterSectors;
        BinaryPrimitives.WriteUInt16LittleEndian(boot.AsSpan(14), ReservedSectors);
        boot[16] = 2;
        boot[21] = 0xF8;
        BinaryPrimitives.WriteUInt16LittleEndian(boot.AsSpan(24), 63);
        BinaryPrimitives.WriteUInt16LittleEndian(boot.AsSpan(26), 255);
        BinaryPrimitives.WriteUInt32LittleEndian(boot.AsSpan(32), sectors);
        BinaryPrimitives.WriteUInt32LittleEndian(boot.AsSpan(36), tableSectors);
        BinaryPrimitives.WriteUInt32LittleEndian(boot.AsSpan(44), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(boot.AsSpan(48), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(boot.AsSpan(50), 6);
        boot[64] = 0x80;
        boot[66] = 0x29;
        BinaryPrimitives.WriteUInt32LittleEndian(boot.AsSpan(67), 0x4D544F4F);
        Encoding.ASCII.GetBytes("MIRRORDEMO FAT32   ").CopyTo(boot, 71);
        boot[510] = 0x55;
        boot[511] = 0xAA;
        return boot;
    }

    private static byte[] Info(uint freeClusters, uint nextFree)
    {
        byte[] info = new byte[SectorBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(info, 0x41615252);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(484), 0x61417272);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(488), freeClusters);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(492), nextFree);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(508), 0xAA550000);
        return info;
    }

    // Entries 0 and 1 are the medium's, 2 is the root directory, the file follows in one chain.
    private static byte[] Table(uint clusters)
    {
        const uint EndOfChain = 0x0FFFFFFF;
        byte[] table = new byte[(clusters + 3) * 4];
        BinaryPrimitives.WriteUInt32LittleEndian(table, 0x0FFFFFF8);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4), EndOfChain);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(8), EndOfChain);
        for (uint i = 0; i < clusters; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan((int)(12 + (i * 4))), i + 1 == clusters ? EndOfChain : i + 4);
        }

        return table;
    }

    private static byte[] Directory(long dataBytes)
    {
        byte[] entries = new byte[64];
        Encoding.ASCII.GetBytes("MIRRORDEMO ").CopyTo(entries, 0);
        entries[11] = 0x08;
        Encoding.ASCII.GetBytes("DATA    BIN").CopyTo(entries, 32);
        entries[32 + 11] = 0x20;
        BinaryPrimitives.WriteUInt16LittleEndian(entries.AsSpan(32 + 26), 3);
        BinaryPrimitives.WriteUInt32LittleEndian(entries.AsSpan(32 + 28), (uint)dataBytes);
        return entries;
    }

    private static void Put(FileStream image, long offset, byte[] bytes)
    {
        image.Position = offset;
        image.Write(bytes);
    }
}
