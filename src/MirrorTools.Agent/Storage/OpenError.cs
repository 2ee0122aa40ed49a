namespace MirrorTools.Agent.Storage;

/// <summary>Makes the error of an open, a creation or an extension one that names path and cause.</summary>
internal static class OpenError
{
    public static StorageOpenException Explain(string path, Exception error)
    {
        var fault = StoragePlatform.Current.ClassifyOpen(error);
        var cause = fault switch
        {
            StorageOpenFault.NotFound => "is not there",
            StorageOpenFault.Exists => "exists already",
            StorageOpenFault.AccessDenied => "can't be opened for reading and writing with the rights of the agent's account",
            StorageOpenFault.ReadOnly => "is on a read-only file system or device",
            StorageOpenFault.InUse => "is in use by another process or by another pair",
            StorageOpenFault.NotAStorage => "is neither a file nor a block device",
            StorageOpenFault.TooLarge => "would be larger than its file system allows",
            StorageOpenFault.Full => "has no space left on its file system",
            _ => $"can't be opened ({error.Message})",
        };
        return new StorageOpenException(fault, path, $"'{path}' {cause}.", error);
    }

    /// <summary>True for the errors of the operating system, which <see cref="Explain"/> is for.</summary>
    public static bool IsOfTheSystem(Exception error) => error is IOException and not StorageOpenException or UnauthorizedAccessException;
}
