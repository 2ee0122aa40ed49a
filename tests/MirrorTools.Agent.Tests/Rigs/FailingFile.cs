namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>
/// A file whose medium fails when told to: an nbdkit server, mounted as a file by nbdfuse. A file that exists in the rig's directory makes the
/// operation of its name fail with EIO.
/// </summary>
public sealed class FailingFile : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly BackgroundCommand _server;

    public FailingFile()
    {
        Directory.CreateDirectory(_directory["mount"]);
        File.WriteAllBytes(_directory["data"], new byte[1 << 20]);
        var data = _directory["data"];
        _server = BackgroundCommand.Start(
            "nbdkit",
            "-f", "-U", _directory["s"], "eval", "get_size=echo 1M",
            $"pread=test -e {_directory["read"]} && {{ echo EIO >&2; exit 1; }}; dd if={data} skip=$4 count=$3 iflag=count_bytes,skip_bytes status=none",
            $"pwrite=test -e {_directory["write"]} && {{ echo EIO >&2; exit 1; }}; dd of={data} seek=$4 conv=notrunc oflag=seek_bytes status=none",
            "can_flush=exit 0", $"flush=test -e {_directory["flush"]} && {{ echo EIO >&2; exit 1; }}; exit 0",
            "--run", $"exec nbdfuse {_directory["mount"]} --unix {_directory["s"]}");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(Path), TimeSpan.FromSeconds(10)), $"nbdfuse did not mount: {_server.Output}");
    }

    public static string? MissingReason =>
        Command.IsRoot && Command.Exists("nbdkit") && Command.Exists("nbdfuse") && File.Exists("/dev/fuse") ? null : "needs nbdkit, nbdfuse, FUSE and root";

    public string Path => System.IO.Path.Combine(_directory["mount"], "nbd");

    /// <summary>From now on the operation (read, write or flush) fails.</summary>
    public void Fail(string operation) => File.WriteAllText(_directory[operation], "");

    /// <summary>The operation works again.</summary>
    public void Heal(string operation) => File.Delete(_directory[operation]);

    public void Dispose()
    {
        Command.TryRun("fusermount3", "-u", "-z", _directory["mount"]);
        _server.WaitForExit(TimeSpan.FromSeconds(5));
        _server.Dispose();
        _directory.Dispose();
    }
}
