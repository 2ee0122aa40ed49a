using MirrorTools.Contracts.Bitmaps;

namespace MirrorTools.Contracts.Client;

/// <summary>Grain bitmaps, page by page.</summary>
public sealed class BitmapApi
{
    private readonly ApiChannel _channel;

    internal BitmapApi(ApiChannel channel) => _channel = channel;

    /// <summary>A page of the bits.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="map">A name of <see cref="GrainMap"/>.</param>
    /// <param name="site">The side.</param>
    /// <param name="firstGrain">Where the page begins, a multiple of 8.</param>
    /// <param name="take">How many at most.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<GrainBitmapPage> GetAsync(string pair, GrainMap map, MirrorSite site, long firstGrain, int take, CancellationToken cancel) =>
        _channel.GetAsync<GrainBitmapPage>(Path(Routes.Bitmap, pair, map, site, firstGrain, take), cancel);

    /// <summary>A page of the runs of 1 bits.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="map">A name of <see cref="GrainMap"/>.</param>
    /// <param name="site">The side.</param>
    /// <param name="firstGrain">Where the page begins, a multiple of 8.</param>
    /// <param name="take">How many at most.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<GrainRangePage> GetRangesAsync(string pair, GrainMap map, MirrorSite site, long firstGrain, int take, CancellationToken cancel) =>
        _channel.GetAsync<GrainRangePage>(Path(Routes.BitmapRanges, pair, map, site, firstGrain, take), cancel);

    private static string Path(string template, string pair, GrainMap map, MirrorSite site, long firstGrain, int take) => FormattableString.Invariant(
        $"{Routes.Fill(template, pair, map.ToString())}?{Routes.SiteQuery}={site}&{Routes.FirstGrainQuery}={firstGrain}&{Routes.TakeQuery}={take}");
}
