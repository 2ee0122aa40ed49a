using System.Buffers.Binary;

namespace MirrorTools.Engine.Journal;

/// <summary>The first eight bytes of each kind of block, as ASCII.</summary>
public static class BlockMagic
{
    /// <summary><c>MTMIRROR</c>: a superblock.</summary>
    public static ulong Superblock => BinaryPrimitives.ReadUInt64LittleEndian("MTMIRROR"u8);

    /// <summary><c>MTRECORD</c>: a slot of the state record.</summary>
    public static ulong Record => BinaryPrimitives.ReadUInt64LittleEndian("MTRECORD"u8);

    /// <summary><c>MTGRAINS</c>: a page of grain maps.</summary>
    public static ulong MapPage => BinaryPrimitives.ReadUInt64LittleEndian("MTGRAINS"u8);

    /// <summary><c>MTREGION</c>: a block of the dirty-region log.</summary>
    public static ulong RegionLog => BinaryPrimitives.ReadUInt64LittleEndian("MTREGION"u8);

    /// <summary><c>MTPRESRV</c>: the header of a preserved area.</summary>
    public static ulong PreservedArea => BinaryPrimitives.ReadUInt64LittleEndian("MTPRESRV"u8);

    /// <summary><c>MTPRETAB</c>: a block of the table of a preserved area.</summary>
    public static ulong PreservedTable => BinaryPrimitives.ReadUInt64LittleEndian("MTPRETAB"u8);
}
