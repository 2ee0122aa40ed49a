using MirrorTools.Agent.State;

namespace MirrorTools.Agent.Hosting;

/// <summary>A state directory that this process holds: one agent per directory, until the process ends however it ends.</summary>
public sealed class StateDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly FileStream _lock;

    private StateDirectory(StatePaths paths, FileStream held) => (Paths, _lock) = (paths, held);

    /// <summary>Where things are.</summary>
    public StatePaths Paths { get; }

    /// <summary>Makes the directory where it is not there, and takes its lock.</summary>
    /// <exception cref="StateInUseException">Another agent holds it.</exception>
    public static StateDirectory Take(string directory)
    {
        var paths = new StatePaths(directory);
        CreatePrivate(directory);
        FileStream held;
        try
        {
            held = new FileStream(paths.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error.GetType() == typeof(IOException))
        {
            throw new StateInUseException(directory, ReadProcessId(paths));
        }

        // The number stands in a file of its own, since nobody can read a locked one on Windows.
        AtomicFile.Write(paths.ProcessId, System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
        return new StateDirectory(paths, held);
    }

    /// <summary>Makes a directory that only the agent's account enters; one that is there keeps its rights.</summary>
    public static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            // %LOCALAPPDATA% is its owner's; Install-MirrorAgent narrows the rights of %ProgramData%\MirrorTools.
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, OwnerOnly);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(Paths.ProcessId);
        _lock.Dispose();
    }

    private static int? ReadProcessId(StatePaths paths)
    {
        try
        {
            return int.TryParse(File.ReadAllText(paths.ProcessId), out var id) ? id : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
