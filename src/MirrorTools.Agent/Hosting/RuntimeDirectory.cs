using System.Security.Cryptography;
using System.Text;
using MirrorTools.Agent.Storage.Linux;

namespace MirrorTools.Agent.Hosting;

/// <summary>
/// Where sockets are: a short path, because a Unix socket's may have 107 bytes, named after the state directory, and entered by the agent's account only.
/// </summary>
public static class RuntimeDirectory
{
    // With a name of 63 characters and ".sock" a path still fits.
    private const int LongestBytes = 38;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes the directory for a state directory and returns its path.</summary>
    /// <exception cref="AgentStartException">It belongs to somebody else, or others may enter it.</exception>
    public static string Prepare(string stateDirectory)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stateDirectory)))[..8];
        var directory = Path.Combine(Root(), name);
        StateDirectory.CreatePrivate(directory);
        if (OperatingSystem.IsLinux())
        {
            var status = FileStatus.Of(directory);
            if (status.OwnerId != LibC.EffectiveUser() || (File.GetUnixFileMode(directory) & ~OwnerOnly) != 0)
            {
                throw new AgentStartException(
                    $"The directory for sockets '{directory}' belongs to another account or is open to others. Remove it, or set XDG_RUNTIME_DIR to a directory of your own.");
            }
        }

        return directory;
    }

    private static string Root()
    {
        if (OperatingSystem.IsWindows())
        {
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "MTRun");
        }

        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException();
        }

        if (Environment.IsPrivilegedProcess)
        {
            return "/run/mirrortools";
        }

        var own = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var root = string.IsNullOrEmpty(own) ? null : Path.Combine(own, "mirrortools");
        return root is not null && Path.IsPathRooted(root) && Encoding.UTF8.GetByteCount(root) + 9 <= LongestBytes && Directory.Exists(own)
            ? root
            : $"/tmp/mirrortools-{LibC.EffectiveUser()}";
    }
}
