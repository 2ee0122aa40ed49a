using System.Buffers.Binary;

namespace MirrorTools.Engine.SyncCache;

/// <summary>
/// The number up to which writes are on all nodes, as it goes along in <see cref="Link.PeerMessage.Subject"/> of writes and of other messages of the primary, so that it needs few messages of its own.
/// </summary>
internal static class SettledNumber
{
    /// <summary>Makes the subject.</summary>
    public static Guid Write(ulong number)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return new Guid(bytes);
    }

    /// <summary>Reads it.</summary>
    public static ulong Read(Guid subject)
    {
        Span<byte> bytes = stackalloc byte[16];
        subject.TryWriteBytes(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
