using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>
/// Makes a copy's metadata anew where they are lost and an admin has given up what was committed there. Nothing is trusted afterwards: everything is compared by hash before a point is taken.
/// The damaged file is kept beside the new one; C and D stay as they are until a commit brings other content.
/// </summary>
internal sealed class SideRemaker(PairRegistry registry, PairEnvironment environment, EventLog events)
{
    /// <summary>Makes a closed side anew as the copy under the source's generations, and opens the pair.</summary>
    /// <exception cref="ControlException">The side is no copy that is lost.</exception>
    public async Task RemakeAsync(MirrorPair pair, SiteDefinition site, GenerationHistory history, CancellationToken cancel)
    {
        await CheckIsLostAsync(pair, site, history);
        await registry.CloseAsync(pair);
        var maker = new SiteMaker(pair.Definition.Id, notes: null);
        var kept = "";
        try
        {
            var definition = pair.Definition;
            await maker.EnsureStoragesAsync(definition, site);
            kept = SetAside(site.Metadata);
            File.Delete(site.RegionLog);
            await SiteLayout.MakeMetadataAsync(maker, definition, site, environment.Paths);
            await PairSide.CreateAsync(definition, site, FirstRecord(definition, history), environment);
        }
        catch
        {
            await maker.TakeBackAsync();
            if (kept.Length > 0)
            {
                File.Move(kept, site.Metadata);
            }

            await TryOpenAsync(pair, cancel);
            throw;
        }

        await registry.OpenAsync(pair, cancel);
        events.Write(
            EventKinds.SideRemade, new(pair.Definition.Id, pair.Definition.Name), null,
            ("kept", kept.Length > 0 ? $"the damaged file is kept as '{kept}'" : "the file was gone"));
    }

    private async Task TryOpenAsync(MirrorPair pair, CancellationToken cancel)
    {
        try
        {
            await registry.OpenAsync(pair, cancel);
        }
        catch (ControlException)
        {
            // As lost as before; the pair shows it.
        }
    }

    private static PairRecord FirstRecord(PairDefinition definition, GenerationHistory history) => new()
    {
        Role = PairRole.Target,
        Generations = history,
        TargetRoleOrdinal = 1,
        NeedsComparison = true,
        Definition = PairJson.WriteDefinition(definition),
    };

    // A side that opens is lost only where it is a copy of an older generation: one whose metadata came back after they had been given up.
    private static async Task CheckIsLostAsync(MirrorPair pair, SiteDefinition site, GenerationHistory history)
    {
        var open = pair.Sides.FirstOrDefault(side => side.Site == site);
        var error = pair.OpenError ?? (pair.PeerAgentId is null ? pair.OtherSideError : null);
        var isLost = open is null
            ? error is not null && LostSides.IsLoss(error.ErrorId)
            : open.Target is { } target && (await target.GetStatusAsync()).Generations.Compare(history) is GenerationRelation.Older or GenerationRelation.Diverged;
        if (!isLost)
        {
            throw error ?? new ControlException(
                ErrorIds.PairNotSuspended, $"The side of the pair '{pair.Definition.Name}' at '{site.AgentName}' is whole; there is nothing to give up.", pair.Definition.Name);
        }
    }

    private static string SetAside(string path)
    {
        if (!File.Exists(path))
        {
            return "";
        }

        for (var number = 1; ; number++)
        {
            var kept = number == 1 ? $"{path}.damaged" : $"{path}.damaged-{number}";
            if (!File.Exists(kept))
            {
                File.Move(path, kept);
                DurableDirectory.FlushEntry(path);
                return kept;
            }
        }
    }
}
