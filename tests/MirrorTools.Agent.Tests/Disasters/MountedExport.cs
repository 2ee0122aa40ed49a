using MirrorTools.Agent.Tests.Rigs;

namespace MirrorTools.Agent.Tests.Disasters;

/// <summary>An NBD export with an ext4 on it, mounted: nbdfuse makes a file of it, a loop device a disk of the file.</summary>
public sealed class MountedExport : IDisposable
{
    private readonly BackgroundCommand _fuse;
    private readonly string _fuseDirectory;
    private readonly string _loop;
    private bool _mounted;

    private MountedExport(BackgroundCommand fuse, string fuseDirectory, string loop, string path)
    {
        _fuse = fuse;
        _fuseDirectory = fuseDirectory;
        _loop = loop;
        Path = path;
    }

    /// <summary>Where the file system is mounted.</summary>
    public string Path { get; }

    /// <summary>The disk.</summary>
    public string Device => _loop;

    /// <summary>Why it can't be had here; null where it can.</summary>
    public static string? MissingReason =>
        !Command.IsRoot ? "mounting needs root"
        : !File.Exists("/dev/fuse") ? "/dev/fuse is missing"
        : !Command.Exists("nbdfuse") || !Command.Exists("mkfs.ext4") ? "nbdfuse or e2fsprogs is not installed"
        : LoopDevice.MissingReason;

    public static async Task<MountedExport> OpenAsync(string uri, TemporaryDirectory directory, string name)
    {
        string fuseDirectory = directory[name + "-fuse"];
        string path = directory[name + "-mount"];
        Directory.CreateDirectory(fuseDirectory);
        Directory.CreateDirectory(path);
        BackgroundCommand fuse = BackgroundCommand.Start("nbdfuse", "-C", "4", fuseDirectory, uri);
        try
        {
            string file = System.IO.Path.Combine(fuseDirectory, "nbd");
            await Eventually.TrueAsync(() => Task.FromResult(File.Exists(file)), "nbdfuse shows the export");
            string loop = Command.Run("losetup", "-f", "--show", "--direct-io=on", file).Trim();
            MountedExport export = new(fuse, fuseDirectory, loop, path);
            export.Mount();
            return export;
        }
        catch (Exception error)
        {
            Command.TryRun("fusermount3", "-u", "-z", fuseDirectory);
            fuse.Dispose();
            throw new InvalidOperationException($"{uri} could not be mounted; nbdfuse said: {fuse.Output}", error);
        }
    }

    public void Mount()
    {
        Command.Run("mount", "-t", "ext4", _loop, Path);
        _mounted = true;
    }

    public void Unmount()
    {
        Command.Run("umount", Path);
        _mounted = false;
    }

    public void Dispose()
    {
        if (_mounted)
        {
            // The export may be gone: a file system that can't be written any more is let go of, not waited for.
            Command.TryRun("umount", "-l", Path);
        }

        Command.TryRun("losetup", "-d", _loop);
        Command.TryRun("fusermount3", "-u", "-z", _fuseDirectory);
        _fuse.WaitForExit(TimeSpan.FromSeconds(5));
        _fuse.Dispose();
    }
}
