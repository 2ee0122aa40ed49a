using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Journal;

namespace MirrorTools.Agent.Pairs;

/// <summary>Sides whose files are gone or damaged: what that is called, and how an admin gets out of it (P-7).</summary>
internal static class LostSides
{
    /// <summary>True for the errors of files that are gone or damaged: the side can be made anew where an admin says so.</summary>
    public static bool IsLoss(string errorId) => errorId is ErrorIds.MetadataCorrupt or ErrorIds.StorageNotFound or ErrorIds.ImageTruncated;

    /// <summary>The error as the side's own agent shows it.</summary>
    public static ControlException SeenHere(ControlException error, PairDefinition definition, SiteDefinition site)
    {
        if (!IsLoss(error.ErrorId))
        {
            return InTheWay(error.ErrorId) is { } way ? With(error, error.Message, way) : error;
        }

        if (error.ErrorId == ErrorIds.ImageTruncated && error.Target == definition.SourceSite.Volume)
        {
            // Zeros in place of its end would be mirrored like anything else that hosts write.
            return With(
                error, error.Message,
                $"Put the volume back as it was and run Resume-MirrorPair, or recover the last committed point at '{definition.TargetSite.AgentName}' with Invoke-MirrorRecovery.");
        }

        // The engine knows no paths.
        var path = error.InnerException is MetadataCorruptException { Part: "preserved area" } ? site.Intermediate : site.Metadata;
        error = error is { ErrorId: ErrorIds.MetadataCorrupt, Target: null }
            ? new ControlException(error.ErrorId, $"'{path}': {error.Message}", path, error)
            : error;
        var isBoth = definition.SourceSite.AgentId == definition.TargetSite.AgentId;
        var remedy = site == definition.SourceSite
            ? "Bring the file back and run Resume-MirrorPair. Where it is lost and the source storage is whole: Remove-MirrorPair, then New-MirrorPair -Seeded, which compares instead of copying."
            : "Bring the file back and run Resume-MirrorPair. Where it is lost: "
                + (isBoth ? "" : $"at the source's agent '{definition.SourceSite.AgentName}' ") + Discard(isBoth ? "Target" : site.AgentName);
        return With(error, error.Message, remedy);
    }

    /// <summary>The error of the other agent's side, as the source's agent shows it.</summary>
    public static ControlException SeenFromSource(ControlException error, PairDefinition definition, Guid agentId)
    {
        var site = definition.TargetSite.AgentId == agentId ? definition.TargetSite : definition.SourceSite;
        var remedy = IsLoss(error.ErrorId) ? $"Mend it at '{site.AgentName}' and run Resume-MirrorPair. Where it is lost: {Discard(site.AgentName)}"
            : error.ErrorId == ErrorIds.PairNotFound ? "The side was removed there: Remove-MirrorPair, then New-MirrorPair -Seeded, which compares instead of copying."
            : $"At '{site.AgentName}': {ErrorTable.Find(error.ErrorId).Remedy}";
        return With(error, $"The other site's agent '{site.AgentName}' can't open its side: {error.Message}", remedy);
    }

    // What keeps a whole storage from being opened; another remedy than where a pair is made.
    private static string? InTheWay(string errorId) => errorId switch
    {
        ErrorIds.StorageInUse => "Close the program that has it open, and run Resume-MirrorPair.",
        ErrorIds.StorageNotAccessible or ErrorIds.StorageReadOnly => "Correct the rights or the mount, and run Resume-MirrorPair.",
        _ => null,
    };

    private static string Discard(string site) =>
        $"Resume-MirrorPair -DiscardChangesOn {site} gives up what was committed there, makes its metadata anew and compares everything by hash.";

    private static ControlException With(ControlException error, string message, string remedy) =>
        new(error.ErrorId, message, error.Target, error) { Remedy = remedy };
}
