using System.Management.Automation;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>Turns what may go wrong with a local file into an error with an id and a remedy.</summary>
internal static class LocalFile
{
    /// <summary>Does something with a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="use">What is done.</param>
    public static void Use(string path, Action use)
    {
        try
        {
            use();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Failed(ErrorIds.FileNotFound, $"'{path}' is not there.", "Correct the path.", ErrorCategory.ObjectNotFound, path, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failed(
                ErrorIds.StorageNotAccessible, $"'{path}' cannot be used: {error.Message}", "Correct the rights or the space.", ErrorCategory.PermissionDenied, path, error);
        }
    }

    private static MirrorApiException Failed(string id, string message, string action, ErrorCategory category, string path, Exception inner) =>
        MirrorApiException.Create(id, message, action, category.ToString(), path, inner);
}
