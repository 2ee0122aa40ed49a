namespace MirrorTools.Agent.Storage.Linux;

/// <summary>The error numbers of Linux that are told apart.</summary>
internal static class Errno
{
    public const int NotPermitted = 1, NoEntry = 2, InputOutput = 5, NoSuchDeviceOrAddress = 6, Again = 11, AccessDenied = 13, Busy = 16, NoDevice = 19,
        NotADirectory = 20, IsADirectory = 21, Exists = 17, Invalid = 22, TooBig = 27, NoSpace = 28, ReadOnlyFileSystem = 30, NoSystemCall = 38, RemoteInputOutput = 121,
        TimedOut = 110, NotSupported = 95, Stale = 116, OverQuota = 122, ShutDown = 108, MediumType = 124;
}
