using System.Runtime.InteropServices;

namespace MirrorTools.Contracts.State;

/// <summary>Where an agent's state directory is when nobody says so.</summary>
public static class StateDirectories
{
    /// <summary>The directory of an agent that a user starts: <c>$XDG_STATE_HOME/mirrortools</c>, <c>%LOCALAPPDATA%\MirrorTools</c>.</summary>
    public static string User
    {
        get
        {
            if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
            {
                return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "MirrorTools");
            }

            var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
            if (string.IsNullOrEmpty(state) || !Path.IsPathRooted(state))
            {
                state = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
            }

            return Path.Combine(state!, "mirrortools");
        }
    }

    /// <summary>The directory of an agent that runs as a service: <c>/var/lib/mirrortools</c>, <c>%ProgramData%\MirrorTools</c>.</summary>
    public static string Service => RuntimeInformation.IsOSPlatform(OSPlatform.Windows)
        ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "MirrorTools")
        : "/var/lib/mirrortools";

    /// <summary>What <see cref="StateFiles.Variable"/> says; null where it says nothing.</summary>
    public static string? Named
    {
        get
        {
            var named = Environment.GetEnvironmentVariable(StateFiles.Variable);
            return string.IsNullOrWhiteSpace(named) ? null : Path.GetFullPath(named);
        }
    }

    /// <summary>
    /// The directory that is meant where none is given: the named one; else the user's if an agent left its record there;
    /// else the service's if one did; else the user's.
    /// </summary>
    public static string Discover() =>
        Named ?? (!HasRecord(User) && HasRecord(Service) ? Service : User);

    private static bool HasRecord(string directory) => File.Exists(Path.Combine(directory, StateFiles.Record));
}
