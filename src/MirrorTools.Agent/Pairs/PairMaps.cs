using MirrorTools.Agent.Control;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Bitmaps;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using ContractMap = MirrorTools.Contracts.Bitmaps.GrainMap;
using Map = MirrorTools.Engine.Maps.GrainMap;

namespace MirrorTools.Agent.Pairs;

/// <summary>Pages of grain maps, of this agent's side or of the other one's.</summary>
internal sealed class PairMaps(PairRegistry registry, IPeerLinks links)
{
    /// <summary>A page of the bits.</summary>
    public async Task<GrainBitmapPage> GetPageAsync(string nameOrId, string map, string? site, long firstGrain, int? take, CancellationToken cancel)
    {
        var pair = registry.Find(nameOrId);
        var grains = Query.Take(take, ApiLimits.MaxBitmapPageGrains, ApiLimits.MaxBitmapPageGrains);
        if (SideFor(pair, site, out var asked) is not { } side)
        {
            var request = PairJson.Write(new MapRequest(pair.Definition.Id, map, firstGrain, grains));
            return PairJson.Read<GrainBitmapPage>(await links.RequestAsync(pair.PeerAgentId!.Value, PairMethods.Bitmap, request, cancel));
        }

        return Page(await SnapshotAsync(side, map), pair, map, asked, firstGrain, grains);
    }

    /// <summary>A page of the runs of 1 bits.</summary>
    public async Task<GrainRangePage> GetRangesAsync(string nameOrId, string map, string? site, long firstGrain, int? take, CancellationToken cancel)
    {
        var pair = registry.Find(nameOrId);
        var items = Query.Take(take, ApiLimits.MaxRangePageItems, ApiLimits.MaxRangePageItems);
        if (SideFor(pair, site, out var asked) is not { } side)
        {
            var request = PairJson.Write(new MapRequest(pair.Definition.Id, map, firstGrain, items));
            return PairJson.Read<GrainRangePage>(await links.RequestAsync(pair.PeerAgentId!.Value, PairMethods.Ranges, request, cancel));
        }

        return Ranges(await SnapshotAsync(side, map), pair, map, asked, firstGrain, items);
    }

    // The side that is asked for, where this agent has it open.
    private static PairSide? SideFor(MirrorPair pair, string? site, out MirrorSite asked)
    {
        asked = Query.Name(site, pair.SourceSide is not null ? MirrorSite.Source : MirrorSite.Target, "site");
        var side = asked == MirrorSite.Source ? pair.SourceSide : pair.TargetSide;
        if (side is null && (pair.PeerAgentId is null || pair.Sides.Count == 0))
        {
            throw pair.OpenError ?? new ControlException(ErrorIds.MapNotKept, $"No side of the pair '{pair.Definition.Name}' is the {asked} now.", pair.Definition.Name);
        }

        return side;
    }

    private static Task<Map> SnapshotAsync(PairSide side, string name)
    {
        var isAsync = side.Definition.IsAsyncCopy;
        var map = Query.Name(name, isAsync ? side.Source is null ? ContractMap.Preserved : ContractMap.OutOfSync : ContractMap.Copied, "map");
        return side switch
        {
            { Source: { } source } when SourceKind(map, isAsync) is { } kind => source.SnapshotAsync(kind),
            { Target: { } target } when TargetKind(map, isAsync) is { } kind => target.SnapshotAsync(kind),
            _ => throw new ControlException(
                ErrorIds.MapNotKept,
                $"The {(side.Source is null ? "target" : "source")} of a pair of {side.Definition.Service} keeps no map {map}. {(isAsync
                    ? "The source keeps OutOfSync and ChangeRecording, the target Preserved."
                    : "Both sides keep Copied and Future; the source also InIntermediate, OnSecondary and Cycle.")}",
                side.Definition.Name),
        };
    }

    private static SourceMapKind? SourceKind(ContractMap map, bool isAsync) => (isAsync, map) switch
    {
        (true, ContractMap.OutOfSync) => SourceMapKind.OutOfSync,
        (true, ContractMap.ChangeRecording) => SourceMapKind.ChangeRecording,
        (false, ContractMap.Copied) => SourceMapKind.Copied,
        (false, ContractMap.Future) => SourceMapKind.Future,
        (false, ContractMap.InIntermediate) => SourceMapKind.InB,
        (false, ContractMap.OnSecondary) => SourceMapKind.OnC,
        (false, ContractMap.Cycle) => SourceMapKind.Cycle,
        _ => null,
    };

    private static TargetMapKind? TargetKind(ContractMap map, bool isAsync) => (isAsync, map) switch
    {
        (true, ContractMap.Preserved) => TargetMapKind.Preserved,
        (false, ContractMap.Copied) => TargetMapKind.Copied,
        (false, ContractMap.Future) => TargetMapKind.Future,
        _ => null,
    };

    private static GrainBitmapPage Page(Map bits, MirrorPair pair, string map, MirrorSite site, long firstGrain, int take)
    {
        CheckFirst(bits, firstGrain, isPage: true);
        var count = (int)Math.Min(take, bits.GrainCount - firstGrain);
        var bytes = new byte[(count + 7) / 8];
        for (var grain = bits.NextSet(firstGrain); grain < firstGrain + count; grain = bits.NextSet(grain + 1))
        {
            var place = grain - firstGrain;
            bytes[place >> 3] |= (byte)(1 << (int)(place & 7));
        }

        return new GrainBitmapPage
        {
            Pair = pair.Definition.Name,
            PairId = pair.Definition.Id.ToString(),
            Map = map,
            Site = site.ToString(),
            GrainSizeBytes = pair.Definition.GrainBytes,
            GrainCount = bits.GrainCount,
            SetCount = bits.CountSet(),
            FirstGrain = firstGrain,
            PageGrains = count,
            Bits = Convert.ToBase64String(bytes),
        };
    }

    private static GrainRangePage Ranges(Map bits, MirrorPair pair, string map, MirrorSite site, long firstGrain, int take)
    {
        CheckFirst(bits, firstGrain, isPage: false);
        var page = new GrainRangePage
        {
            Pair = pair.Definition.Name,
            PairId = pair.Definition.Id.ToString(),
            Map = map,
            Site = site.ToString(),
            GrainSizeBytes = pair.Definition.GrainBytes,
            GrainCount = bits.GrainCount,
            SetCount = bits.CountSet(),
        };
        for (var first = bits.NextSet(firstGrain); first < bits.GrainCount;)
        {
            if (page.Items.Count == take)
            {
                page.NextGrain = first;
                break;
            }

            var end = bits.RunEnd(first);
            page.Items.Add(new GrainRange { First = first, Count = end - first });
            first = bits.NextSet(end);
        }

        return page;
    }

    private static void CheckFirst(Map bits, long firstGrain, bool isPage)
    {
        if (firstGrain < 0 || firstGrain >= bits.GrainCount || (isPage && (firstGrain & 7) != 0))
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"A page begins at a multiple of 8 below {bits.GrainCount}, not at {firstGrain}.");
        }
    }
}
