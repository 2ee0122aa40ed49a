namespace MirrorTools.Agent.Storage;

/// <summary>Chooses the implementation for the operating system the agent runs on.</summary>
public static class StoragePlatform
{
    /// <summary>The platform of this process.</summary>
    public static IStoragePlatform Current { get; } =
        OperatingSystem.IsLinux() ? new Linux.LinuxStorage()
        : OperatingSystem.IsWindows() ? new Windows.WindowsStorage()
        : throw new PlatformNotSupportedException("MirrorTools runs on Linux and Windows.");
}
