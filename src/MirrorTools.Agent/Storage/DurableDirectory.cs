namespace MirrorTools.Agent.Storage;

/// <summary>Makes names durable: on Linux a file that was flushed may still lose its name with the power until its directory is flushed.</summary>
public static class DurableDirectory
{
    /// <summary>Makes the name of <paramref name="path"/> durable; NTFS journals names by itself.</summary>
    public static void FlushEntry(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        var descriptor = Linux.LibC.Open(directory, Linux.LibC.DirectoryOnly | Linux.LibC.CloseOnExec);
        if (descriptor < 0)
        {
            throw Linux.LibC.LastError("open of a directory");
        }

        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true);
        if (Linux.LibC.Sync(handle) != 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != Linux.Errno.Invalid)
        {
            throw Linux.LibC.LastError("fsync of a directory");
        }
    }
}
