using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.State;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Engine.Journal;

namespace MirrorTools.Agent.Pairs;

/// <summary>Where the files of a new pair's side go, and their making.</summary>
internal static class SiteLayout
{
    /// <summary>Chooses the places: what is left out goes beside what is given.</summary>
    /// <param name="pair">The pair's name.</param>
    /// <param name="service">Its copy service.</param>
    /// <param name="agent">The side's agent.</param>
    /// <param name="isSource">True for site 1.</param>
    /// <param name="volume">A or D.</param>
    /// <param name="intermediate">B or C, with AsyncCopy the side's area of preserved grains; beside the volume where empty.</param>
    /// <param name="metadataDirectory">Beside the intermediate where empty.</param>
    /// <param name="state">For what has no directory beside it.</param>
    public static SiteDefinition Place(
        string pair, CopyService service, (Guid Id, string Name) agent, bool isSource, string volume, string? intermediate, string? metadataDirectory, StatePaths state)
    {
        var label = isSource ? "source" : "target";
        var volumePath = Absolute(volume, isSource ? "source" : "target");
        var intermediatePath = string.IsNullOrEmpty(intermediate)
            ? Path.Combine(
                SiteMaker.Beside(volumePath, IntermediateOf(service), isSource ? "-FirstIntermediate" : "-SecondIntermediate"),
                service == CopyService.AsyncCopy ? $"{pair}.{label}.preserved" : $"{pair}.{(isSource ? "first" : "second")}-intermediate.img")
            : Absolute(intermediate, "intermediate storage");
        var metadata = string.IsNullOrEmpty(metadataDirectory)
            ? SiteMaker.Beside(intermediatePath, "the pair's metadata", isSource ? "-MetadataPath" : "-TargetMetadataPath")
            : Absolute(metadataDirectory, "directory for metadata");
        var regions = IsDevice(volumePath) ? state.RegionLogs : Path.GetDirectoryName(volumePath)!;
        return new SiteDefinition(
            agent.Id,
            agent.Name,
            volumePath,
            intermediatePath,
            Path.Combine(metadata, $"{pair}.{label}.mirror"),
            Path.Combine(regions, $"{pair}.{label}.regions"));
    }

    /// <summary>Makes the files of a side's metadata, empty, with the size they need.</summary>
    public static async Task MakeMetadataAsync(SiteMaker maker, PairDefinition definition, SiteDefinition site, StatePaths state)
    {
        if (Path.GetDirectoryName(site.RegionLog) == state.RegionLogs)
        {
            StateDirectory.CreatePrivate(state.RegionLogs);
        }

        await MakeAsync(maker, site.Metadata, MetadataStore.RequiredLengthBytes(definition.Geometry));
        await MakeAsync(maker, site.RegionLog, DirtyRegionLog.RequiredLengthBytes(definition.Identity.RegionSlots));
    }

    private static async Task MakeAsync(SiteMaker maker, string path, long lengthBytes)
    {
        try
        {
            await maker.MakeAsync(path, lengthBytes, StorageOptions.Default, isStorage: false);
        }
        catch (StorageOpenException error) when (error.Fault == StorageOpenFault.Exists)
        {
            throw new ControlException(
                ErrorIds.FileExists, $"'{path}' is the metadata of an earlier pair of that name. Move it away, or choose another name.", path, error)
            {
                Remedy = "Choose another -Name for New-MirrorPair, or move the file away.",
            };
        }
    }

    private static string IntermediateOf(CopyService service) => service == CopyService.AsyncCopy ? "the area of preserved grains" : "the intermediate storage";

    private static string Absolute(string path, string what) => string.IsNullOrWhiteSpace(path)
        ? throw new ControlException(ErrorIds.InvalidArgument, $"The {what} is missing.")
        : Path.IsPathFullyQualified(path)
            ? Path.GetFullPath(path)
            : throw new ControlException(ErrorIds.InvalidArgument, $"'{path}' is no absolute path.", path);

    private static bool IsDevice(string path) => path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith(@"\\.\", StringComparison.Ordinal);
}
