using MirrorTools.Contracts.Operations;
using MirrorTools.Contracts.Points;
using System.Globalization;

namespace MirrorTools.Contracts.Client;

/// <summary>Committed consistency points.</summary>
public sealed class PointApi
{
    private readonly ApiChannel _channel;

    internal PointApi(ApiChannel channel) => _channel = channel;

    /// <summary>A pair's points, newest first.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public async Task<List<PointInfo>> ListAsync(string pair, CancellationToken cancel) =>
        (await _channel.GetAsync<PointList>(Routes.Fill(Routes.Points, pair), cancel).ConfigureAwait(false)).Items;

    /// <summary>Begins the export of a point into a raw image file on the agent's machine.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="number">The point's number.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<OperationInfo> ExportAsync(string pair, long number, ExportPointRequest body, CancellationToken cancel) =>
        _channel.PostAsync<ExportPointRequest, OperationInfo>(
            Routes.Fill(Routes.PointExport, pair, number.ToString(CultureInfo.InvariantCulture)), body, cancel);
}
