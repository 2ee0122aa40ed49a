using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Plans;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Contracts.Client;

/// <summary>Pairs, their schedules, and what an action on them would mean.</summary>
public sealed class PairApi
{
    private readonly ApiChannel _channel;

    internal PairApi(ApiChannel channel) => _channel = channel;

    /// <summary>The pairs.</summary>
    /// <param name="cancel">Gives the wait up.</param>
    public async Task<List<PairInfo>> ListAsync(CancellationToken cancel) =>
        (await _channel.GetAsync<PairList>(Routes.Pairs, cancel).ConfigureAwait(false)).Items;

    /// <summary>One pair.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<PairInfo> GetAsync(string pair, CancellationToken cancel) =>
        _channel.GetAsync<PairInfo>(Routes.Fill(Routes.Pair, pair), cancel);

    /// <summary>Makes a pair.</summary>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<PairInfo> CreateAsync(NewPairRequest body, CancellationToken cancel) =>
        _channel.PostAsync<NewPairRequest, PairInfo>(Routes.Pairs, body, cancel);

    /// <summary>Changes a pair.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<PairInfo> SetAsync(string pair, SetPairRequest body, CancellationToken cancel) =>
        _channel.PatchAsync<SetPairRequest, PairInfo>(Routes.Fill(Routes.Pair, pair), body, cancel);

    /// <summary>Removes a pair; A is never touched.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="deleteData">True to delete B, C and D too.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<PairInfo> RemoveAsync(string pair, bool deleteData, CancellationToken cancel) =>
        _channel.DeleteAsync<PairInfo>(
            Routes.Fill(Routes.Pair, pair) + (deleteData ? $"?{Routes.DeleteDataQuery}=true" : ""), cancel);

    /// <summary>Suspends a pair.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<PairInfo> SuspendAsync(string pair, CancellationToken cancel) =>
        _channel.PostAsync<PairInfo>(Routes.Fill(Routes.PairSuspend, pair), cancel);

    /// <summary>Resumes a pair.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<PairInfo> ResumeAsync(string pair, ResumePairRequest body, CancellationToken cancel) =>
        _channel.PostAsync<ResumePairRequest, PairInfo>(Routes.Fill(Routes.PairResume, pair), body, cancel);

    /// <summary>A pair's schedule.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<ScheduleInfo> GetScheduleAsync(string pair, CancellationToken cancel) =>
        _channel.GetAsync<ScheduleInfo>(Routes.Fill(Routes.Schedule, pair), cancel);

    /// <summary>Sets a pair's schedule.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<ScheduleInfo> SetScheduleAsync(string pair, ScheduleInfo body, CancellationToken cancel) =>
        _channel.PutAsync<ScheduleInfo, ScheduleInfo>(Routes.Fill(Routes.Schedule, pair), body, cancel);

    /// <summary>What an action would mean.</summary>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<PlanInfo> PlanAsync(PlanRequest body, CancellationToken cancel) =>
        _channel.PostAsync<PlanRequest, PlanInfo>(Routes.Plans, body, cancel);
}
