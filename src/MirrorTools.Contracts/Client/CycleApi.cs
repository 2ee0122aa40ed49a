using MirrorTools.Contracts.Cycles;
using System.Globalization;

namespace MirrorTools.Contracts.Client;

/// <summary>Cycles of a pair.</summary>
public sealed class CycleApi
{
    private readonly ApiChannel _channel;

    internal CycleApi(ApiChannel channel) => _channel = channel;

    /// <summary>The running cycle first, then the newest.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="take">How many at most.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public async Task<List<CycleInfo>> ListAsync(string pair, int take, CancellationToken cancel) =>
        (await _channel.GetAsync<CycleList>(
            FormattableString.Invariant($"{Routes.Fill(Routes.Cycles, pair)}?{Routes.TakeQuery}={take}"), cancel).ConfigureAwait(false)).Items;

    /// <summary>One cycle.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="number">The number of the cycle's point.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<CycleInfo> GetAsync(string pair, long number, CancellationToken cancel) =>
        _channel.GetAsync<CycleInfo>(Path(Routes.Cycle, pair, number), cancel);

    /// <summary>Takes a point and starts its cycle.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<CycleInfo> StartAsync(string pair, StartCycleRequest body, CancellationToken cancel) =>
        _channel.PostAsync<StartCycleRequest, CycleInfo>(Routes.Fill(Routes.Cycles, pair), body, cancel);

    /// <summary>Gives a running cycle up.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="number">The number of the cycle's point.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<CycleInfo> StopAsync(string pair, long number, CancellationToken cancel) =>
        _channel.PostAsync<CycleInfo>(Path(Routes.CycleStop, pair, number), cancel);

    /// <summary>Follows a cycle: it is sent at once, whenever it went on, and a last time when it has ended.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="number">The number of the cycle's point.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<ServerSentStream<CycleInfo>> FollowAsync(string pair, long number, CancellationToken cancel) =>
        _channel.OpenStreamAsync<CycleInfo>(Path(Routes.CycleFollow, pair, number), cancel);

    private static string Path(string template, string pair, long number) =>
        Routes.Fill(template, pair, number.ToString(CultureInfo.InvariantCulture));
}
