namespace MirrorTools.Agent.Storage;

/// <summary>
/// Which file or device a storage is, whatever path led to it: a hard link, a symbolic link and a bind mount have the identity of what they name.
/// Two storages are the same exactly when their identities are equal (F-26).
/// </summary>
/// <param name="Container">The device of a file's file system, or the volume's serial number; for a block device the constant <see cref="BlockDevices"/>.</param>
/// <param name="Item">The inode, the low half of the file id, or a block device's number.</param>
/// <param name="ItemHigh">The high half of a 128-bit file id (ReFS); else 0.</param>
public readonly record struct StorageIdentity(ulong Container, ulong Item, ulong ItemHigh)
{
    /// <summary>The container of block devices, which no file system has as its device number.</summary>
    public const ulong BlockDevices = ulong.MaxValue;

    /// <summary>The form that the metadata files and error messages use.</summary>
    public override string ToString() => $"{Container:x}-{ItemHigh:x}-{Item:x}";
}
