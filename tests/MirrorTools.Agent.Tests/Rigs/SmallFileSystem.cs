namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>A tmpfs of a few megabytes that can be filled.</summary>
public sealed class SmallFileSystem : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public SmallFileSystem(long lengthBytes) => Command.Run("mount", "-t", "tmpfs", "-o", $"size={lengthBytes}", "tmpfs", _directory.Path);

    public string Path => _directory.Path;

    public void Dispose()
    {
        Command.Run("umount", "-l", _directory.Path);
        _directory.Dispose();
    }
}
