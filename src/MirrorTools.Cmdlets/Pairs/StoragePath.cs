using MirrorTools.Cmdlets.Connection;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>Paths of storages: those at site 1 are of this session, those at site 2 of another machine, where this session's folder means nothing.</summary>
internal static class StoragePath
{
    /// <summary>A path at site 1, made absolute; null where nothing is given.</summary>
    public static string? Here(string? path, Func<string, string> toAbsolute) =>
        string.IsNullOrWhiteSpace(path) ? null : IsUri(path!) ? path : toAbsolute(path!);

    /// <summary>A path at site 2, which has to be absolute; null where nothing is given.</summary>
    public static string? There(string? path, string parameter)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            return null;
        }

        return IsUri(path!) || path!.StartsWith("/", StringComparison.Ordinal) || path.StartsWith("\\", StringComparison.Ordinal) || HasDrive(path)
            ? path
            : throw MirrorErrors.Invalid(
                $"-{parameter} '{path}' is relative, and it is on the target agent's machine.", $"Give -{parameter} as an absolute path.", path);
    }

    private static bool IsUri(string path) => path.Contains("://");

    private static bool HasDrive(string path) => path.Length > 2 && char.IsLetter(path[0]) && path[1] == ':' && path[2] is '\\' or '/';
}
