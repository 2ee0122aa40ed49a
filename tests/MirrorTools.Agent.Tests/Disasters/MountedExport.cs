using System.Diagnostics;
using MirrorTools.Agent.Tests.Rigs;

namespace MirrorTools.Agent.Tests.Disasters;

/// <summary>An NBD export with an ext4 on it, mounted: nbdfuse makes a file of it, a loop device a disk of the file.</summary>
public sealed class MountedExport : IDisposable
{
    private readonly Process _fuse;
    private readonly string _fuseDirectory;
    private readonly string _loop;
    private bool _mounted;

    private MountedExport(Process fuse, string fuseDirectory, string loop, string path)
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
        Process fuse = Process.Start("nbdfuse", ["-C", "4", fuseDirectory, uri]);
        await Eventually.TrueAsync(() => Task.FromResult(File.Exists(System.IO.Path.Combine(fuseDirectory, "nbd"))), "nbdfuse shows the export");
        string loop = Command.Run("losetup", "-f", "--show", "--direct-io=on", System.IO.Path.Combine(fuseDirectory, "nbd")).Trim();
        MountedExport export = new(fuse, fuseDirectory, loop, path);
        export.Mount();
        return export;
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
        if (!_fuse.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            _fuse.Kill();
            _fuse.WaitForExit();
        }

        _fuse.Dispose();
    }
}
