using System.Globalization;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Plans;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>The timers of a pair between two real agents: set, shown, kept, and what an admin sees of a point that is tried again.</summary>
public sealed class PairTimerTests : IAsyncLifetime
{
    private TwoAgents _agents = null!;

    public async Task InitializeAsync() => _agents = await TwoAgents.StartAsync();

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Fact]
    [Rule("A-2")]
    [Rule("A-3")]
    [Rule("A-13")]
    public async Task Timers_are_set_and_shown_and_outlive_a_kill_and_what_is_no_timer_is_refused()
    {
        var request = _agents.Request(service: CopyService.AsyncCopy);
        (request.RunTimerMs, request.MaximumIncrementMs) = (700, 90_000);
        var made = await _agents.One.Client.Pairs.CreateAsync(request, default);
        Assert.Equal((700L, 90_000L, nameof(IncrementState.Normal)), (made.RunTimerMs, made.MaximumIncrementMs, made.IncrementState));
        await _agents.CycleAsync();
        var held = (await GetAsync()).LastHoldMs;
        Assert.InRange(held!.Value, 0, 1_000);
        Assert.Equal(120_000, (await _agents.One.Client.Pairs.SetAsync("p", new SetPairRequest { MaximumIncrementMs = 120_000 }, default)).MaximumIncrementMs);

        var timer = await RefusedAsync(ErrorIds.InvalidArgument, new SetPairRequest { RunTimerMs = 60_000 });
        Assert.Contains("from 10 to 30000 ms, not 60000", timer.Message);
        Assert.Contains("-RunTimer", timer.RecommendedAction);
        Assert.Contains("not 10 ms", (await RefusedAsync(ErrorIds.InvalidArgument, new SetPairRequest { MaximumIncrementMs = 10 })).Message);
        var flashcopy = _agents.Request();
        (flashcopy.Name, flashcopy.MaximumIncrementMs) = ("q", 60_000);
        var unused = await Assert.ThrowsAsync<MirrorApiException>(
            () => _agents.One.Client.Pairs.PlanAsync(new PlanRequest { Action = nameof(PlanAction.NewPair), NewPair = flashcopy }, default));
        Assert.Equal(ErrorIds.ParameterNotUsedByService, unused.Error.ErrorId);
        Assert.Contains("-MaximumIncrement", unused.Message);

        await _agents.One.KillAsync();
        await _agents.One.DisposeAsync();
        await _agents.StartOneAsync();
        var kept = await GetAsync();
        Assert.Equal((700L, 120_000L), (kept.RunTimerMs, kept.MaximumIncrementMs));
        Assert.Equal(held.Value, kept.LastHoldMs!.Value, 0.01);
        Assert.Equal(kept.LastHoldMs, (await _agents.One.Client.Cycles.ListAsync("p", 1, default))[0].HoldMs);
        var there = await _agents.Two.Client.Pairs.GetAsync("p", default);
        Assert.Equal((700L, 120_000L, null), (there.RunTimerMs, there.MaximumIncrementMs, there.IncrementState));
    }

    [SkippableFact]
    [Rule("A-8")]
    [Rule("P-7")]
    public async Task An_increment_that_has_had_its_time_is_tried_again_later_each_time_and_the_pair_says_when()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "stops the other agent by a signal");
        var request = _agents.Request(service: CopyService.AsyncCopy);
        request.MaximumIncrementMs = 1_000;
        await _agents.One.Client.Pairs.CreateAsync(request, default);
        await _agents.CycleAsync();
        await _agents.One.Client.Pairs.SetScheduleAsync("p", new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) }, default);

        // It answers nothing, and the link stands for some time yet.
        Command.Run("kill", "-STOP", $"{_agents.Two.Id}");
        await _agents.WriteAsync(_agents.One, 0, 0x11);
        PairInfo seen = new();
        await Eventually.TrueAsync(async () => (seen = await GetAsync()).IncrementState == nameof(IncrementState.ConsistencyGroupInProgress), "an increment is under way");
        Assert.NotNull(seen.IncrementStartedAt);
        Assert.InRange(seen.IncrementLeftMs!.Value, 0, 1_000);
        await Eventually.TrueAsync(async () => (seen = await GetAsync()) is { GivenUpPoints: > 1, NextTryAt: not null }, "a second increment was given up");
        Assert.Equal((nameof(PairState.Idle), ErrorIds.CycleGivenUp), (seen.State, seen.StateErrorId));
        Assert.Contains("points were given up since the last commit (IncrementTimedOut); the next try is at", seen.StateReason, StringComparison.Ordinal);
        Assert.Contains("Start-FlashcopyCycle", seen.RecommendedAction);
        var wait = DateTimeOffset.Parse(seen.NextTryAt!, CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow;
        Assert.True(wait < TimeSpan.FromSeconds(60), $"{wait} until the next try");

        // The next commit ends the waits.
        Command.Run("kill", "-CONT", $"{_agents.Two.Id}");
        await Eventually.TrueAsync(async () => (seen = await GetAsync()) is { GivenUpPoints: null, NextTryAt: null, DataLossMs: 0 }, "everything is committed");
        Assert.Null(seen.StateErrorId);
    }

    private Task<PairInfo> GetAsync() => _agents.One.Client.Pairs.GetAsync("p", default);

    private async Task<ErrorBody> RefusedAsync(string errorId, SetPairRequest request)
    {
        var error = (await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Pairs.SetAsync("p", request, default))).Error;
        Assert.Equal(errorId, error.ErrorId);
        return error;
    }
}
