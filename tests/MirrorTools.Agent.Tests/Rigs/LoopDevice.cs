namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>A block device over a file.</summary>
public sealed class LoopDevice : IDisposable
{
    public LoopDevice(string file, long lengthBytes, int sectorBytes = 512)
    {
        using (var made = File.Create(file))
        {
            made.SetLength(lengthBytes);
        }

        Path = Command.Run("losetup", "-f", "--show", "--sector-size", $"{sectorBytes}", file).Trim();
    }

    public string Path { get; }

    /// <summary>Why a test that needs one can't run, or null.</summary>
    public static string? MissingReason => Command.IsRoot && File.Exists("/dev/loop-control") ? null : "loop devices need root";

    public void Dispose() => Command.Run("losetup", "-d", Path);
}
