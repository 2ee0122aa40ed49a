namespace MirrorTools.Agent.Pairs;

/// <summary>Removes the files of a pair's side.</summary>
internal static class PairFiles
{
    /// <summary>Removes the metadata, and those of the storages that are named. A device is never touched.</summary>
    public static void Delete(SiteDefinition site, IEnumerable<string> storages)
    {
        foreach (var path in storages.Append(site.Metadata).Append(site.RegionLog).Where(File.Exists).Where(IsFile))
        {
            File.Delete(path);
        }
    }

    private static bool IsFile(string path) => !path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith(@"\\.\", StringComparison.Ordinal);
}
