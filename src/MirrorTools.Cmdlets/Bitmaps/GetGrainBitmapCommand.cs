using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Bitmaps;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Cmdlets.Bitmaps;

/// <summary>Shows a grain map of a pair, as bits or as runs.</summary>
[Cmdlet(VerbsCommon.Get, "GrainBitmap")]
[OutputType(typeof(GrainBitmap), typeof(MirrorGrainRange))]
public sealed class GetGrainBitmapCommand : MirrorCmdlet
{
    /// <summary>Names or ids of pairs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "PairName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    public string[] Pair { get; set; } = [];

    /// <summary>Which maps; where not given, the one that says how far the pair's copy service is: Copied, or for AsyncCopy OutOfSync.</summary>
    [Parameter(Position = 1)]
    public GrainMap[]? Map { get; set; }

    /// <summary>Whose side; where not given, the source's, and for the map Preserved the target's.</summary>
    [Parameter]
    public MirrorSite? Site { get; set; }

    /// <summary>Writes the runs of 1 bits instead of the bits.</summary>
    [Parameter]
    public SwitchParameter AsRanges { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var pair in Pair)
        {
            Attempt(pair, () =>
            {
                foreach (var map in Map ?? [UsualMap(pair)])
                {
                    Attempt(pair, () => Show(pair, map));
                }
            });
        }
    }

    private GrainMap UsualMap(string pair) =>
        Ask((client, cancel) => client.Pairs.GetAsync(pair, cancel)).Service != nameof(CopyService.AsyncCopy) ? GrainMap.Copied
            : Site == MirrorSite.Target ? GrainMap.Preserved : GrainMap.OutOfSync;

    private MirrorSite SiteOf(GrainMap map) => Site ?? (map == GrainMap.Preserved ? MirrorSite.Target : MirrorSite.Source);

    private void Show(string pair, GrainMap map)
    {
        if (AsRanges)
        {
            WriteRanges(pair, map);
        }
        else
        {
            WriteBits(pair, map);
        }
    }

    private void WriteRanges(string pair, GrainMap map)
    {
        for (long? next = 0; next is { } firstGrain;)
        {
            var page = Ask((client, cancel) => client.Bitmaps.GetRangesAsync(pair, map, SiteOf(map), firstGrain, ApiLimits.MaxRangePageItems, cancel));
            page.Items.ForEach(range => WriteObject(new MirrorGrainRange(page, range, Asked)));
            next = page.NextGrain > firstGrain ? page.NextGrain : null;
        }
    }

    private void WriteBits(string pair, GrainMap map)
    {
        var page = GetPage(pair, map, 0);
        var first = page;
        var bits = new byte[(first.GrainCount + 7) / 8];
        var line = new ProgressLine(this, $"Reading the map {map} of '{pair}'");
        try
        {
            for (long grain = 0; ;)
            {
                var bytes = Convert.FromBase64String(page.Bits);
                if (page.FirstGrain != grain || page.GrainCount != first.GrainCount || page.PageGrains <= 0 || (grain / 8) + bytes.Length > bits.Length)
                {
                    throw Inconsistent(pair, map);
                }

                bytes.CopyTo(bits, grain / 8);
                grain += page.PageGrains;
                if (grain >= first.GrainCount)
                {
                    break;
                }

                line.Show(grain, first.GrainCount, $"{grain} of {first.GrainCount} grains", null);
                page = GetPage(pair, map, grain);
            }
        }
        finally
        {
            line.End();
        }

        WriteObject(new GrainBitmap(first, bits, Asked));
    }

    private GrainBitmapPage GetPage(string pair, GrainMap map, long firstGrain) =>
        Ask((client, cancel) => client.Bitmaps.GetAsync(pair, map, SiteOf(map), firstGrain, ApiLimits.MaxBitmapPageGrains, cancel));

    private static MirrorApiException Inconsistent(string pair, GrainMap map) => MirrorApiException.Create(
        ErrorIds.MirrorAgentProtocolError,
        $"The agent's pages of the map {map} of '{pair}' do not fit together; the pair was made anew, or the agent is of another version.",
        "Run Get-GrainBitmap again, and compare the versions with Get-MirrorAgent.",
        nameof(ErrorCategory.InvalidData),
        pair);
}
