namespace MirrorTools.Agent.Demo;

/// <summary>An image with a real file system on it and one large file, whose place in the image is known so that the demo can write into it without root.</summary>
/// <param name="Kind">What it is, for people.</param>
/// <param name="DataExtents">Where the large file's bytes are, as (offset, length) in bytes.</param>
internal sealed record FileSystemImage(string Kind, IReadOnlyList<(long OffsetBytes, long LengthBytes)> DataExtents)
{
    /// <summary>Makes the file system: ext4 where mkfs is there, else FAT.</summary>
    public static async Task<FileSystemImage> CreateAsync(string imagePath, long lengthBytes, long dataBytes, CancellationToken cancellationToken)
    {
        if (ExternalProgram.Find("mke2fs") is { } mkfs && ExternalProgram.Find("debugfs") is { } debugfs)
        {
            return await Ext4Image.CreateAsync(mkfs, debugfs, imagePath, lengthBytes, dataBytes, cancellationToken);
        }

        return FatImage.Create(imagePath, lengthBytes, dataBytes);
    }

    /// <summary>Checks the file system of an image.</summary>
    /// <returns>What the checker said, and whether it found the file system clean; null where no checker is there.</returns>
    public async Task<(string Text, bool IsClean)?> CheckAsync(string imagePath, CancellationToken cancellationToken)
    {
        (string name, string[] arguments) = Kind == Ext4Image.Kind ? ("e2fsck", (string[])["-f", "-n", imagePath]) : ("fsck.vfat", ["-n", imagePath]);
        if (ExternalProgram.Find(name) is not { } checker)
        {
            return null;
        }

        (int code, string text) = await ExternalProgram.RunAsync(checker, arguments, cancellationToken);
        return (text, code == 0);
    }
}
