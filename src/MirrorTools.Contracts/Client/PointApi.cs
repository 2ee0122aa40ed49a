using MirrorTools.Contracts.Cycles;
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

    /// <summary>Takes a point by name and starts its cycle.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<CycleInfo> NewAsync(string pair, NewPointRequest body, CancellationToken cancel) =>
        _channel.PostAsync<NewPointRequest, CycleInfo>(Routes.Fill(Routes.Points, pair), body, cancel);

    /// <summary>Gives up a point that is kept beside the last committed one.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="number">The point's number.</param>
    /// <param name="cancel">Gives the wait up.</param>
    /// <returns>The point as it was.</returns>
    public Task<PointInfo> RemoveAsync(string pair, long number, CancellationToken cancel) =>
        _channel.DeleteAsync<PointInfo>(Routes.Fill(Routes.Point, pair, number.ToString(CultureInfo.InvariantCulture)), cancel);

    /// <summary>Begins the export of a point into a raw image file on the agent's machine.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="number">The point's number.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<OperationInfo> ExportAsync(string pair, long number, ExportPointRequest body, CancellationToken cancel) =>
        _channel.PostAsync<ExportPointRequest, OperationInfo>(
            Routes.Fill(Routes.PointExport, pair, number.ToString(CultureInfo.InvariantCulture)), body, cancel);
}
