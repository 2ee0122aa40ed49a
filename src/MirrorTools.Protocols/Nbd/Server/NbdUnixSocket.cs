using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MirrorTools.Protocols.Nbd;

/// <summary>Binds a Unix socket that from its first instant only its owner can open, unless local users are allowed (P-9).</summary>
internal static partial class NbdUnixSocket
{
    private const int MaxPathBytes = 107;
    private const UnixFileMode OwnerOnlyDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerOnlySocket = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode EveryonesSocket = OwnerOnlySocket
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private const UnixFileMode EveryonesPassage = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="IOException">Another server answers there, something else is in the way, or the directory is not safe.</exception>
    public static Socket Bind(string path, bool allowLocalUsers)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
        {
            throw new IOException($"The socket path '{path}' is longer than {MaxPathBytes} bytes; choose a shorter one.");
        }

        PrepareDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, allowLocalUsers);
        RemoveStale(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // The mode of the socket's own inode becomes the mode of the file that bind creates, so there is no instant with a wider one.
                using var handle = new SafeFileHandle(socket.Handle, ownsHandle: false);
                File.SetUnixFileMode(handle, OwnerOnlySocket);
            }

            socket.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, allowLocalUsers ? EveryonesSocket : OwnerOnlySocket);
            }

            return socket;
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new IOException($"The NBD server can't listen on '{path}': {exception.Message}", exception);
        }
    }

    private static void PrepareDirectory(string directory, bool allowLocalUsers)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
            return;
        }

        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, allowLocalUsers ? OwnerOnlyDirectory | EveryonesPassage : OwnerOnlyDirectory);
            return;
        }

        UnixFileMode mode = File.GetUnixFileMode(directory);
        bool othersWrite = (mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0;
        if (othersWrite && (mode & UnixFileMode.StickyBit) == 0)
        {
            throw new IOException($"Others may write to '{directory}', so they could put a socket of their own in place of the server's; choose another directory.");
        }
    }

    /// <summary>Removes a socket that nobody listens on any more; anything else stays, and is an error.</summary>
    private static void RemoveStale(string path)
    {
        if (!Path.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException exception)
        {
            throw new IOException($"'{path}' is in the way and is no socket that could be replaced.", exception);
        }

        throw new IOException($"Another server answers on '{path}'.");
    }

    private static bool IsSocket(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new FileInfo(path) is { LinkTarget: null, Length: 0 } info && (info.Attributes & FileAttributes.Directory) == 0;
        }

        const int currentDirectory = -100;
        const int doNotFollow = 0x100;
        const uint typeAndMode = 3;
        const int modeOffset = 28;
        const int typeMask = 0xf000;
        const int socketType = 0xc000;
        Span<byte> status = stackalloc byte[256];
        return Status(currentDirectory, path, doNotFollow, typeAndMode, status) == 0
            && (BitConverter.ToUInt16(status[modeOffset..]) & typeMask) == socketType;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int directory, string path, int flags, uint mask, Span<byte> status);
}
