using System.Text.Json.Nodes;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Pairs.Making;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Events;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Trust;
using MirrorTools.Engine.Link;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>A pair whose making does not come to its end leaves nothing behind, whoever is killed, and nothing of a user's is ever removed.</summary>
public sealed class UnfinishedPairTests : IAsyncLifetime
{
    private TwoAgents _agents = null!;

    public async Task InitializeAsync() => _agents = await TwoAgents.StartAsync();

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Fact]
    [Rule("P-7")]
    public async Task A_source_agent_that_is_killed_after_site_2_made_its_side_takes_everything_back_at_its_start()
    {
        await KillOneBeforeItsIndexAsync();
        Assert.True(File.Exists(_agents.Target));
        Assert.True(File.Exists(_agents.Source));
        await _agents.StartOneAsync();
        await _agents.WaitForEventAsync(_agents.One, "OtherSideTakenBack");
        Assert.Empty(await _agents.Two.Client.Pairs.ListAsync(default));
        AssertNothingIsLeft();
        Assert.Contains(_agents.Source, (await EventAsync(_agents.One, "PairTakenBack")).Message);
        Assert.Equal(nameof(PairState.Idle), (await _agents.CreateAsync()).State);
        await NothingInTheMakingAsync();
    }

    // The new pair waits for what the old one left at site 2, which would be in its way.
    [Fact]
    public async Task A_pair_of_the_same_name_and_paths_can_be_made_as_soon_as_the_killed_agent_answers_again()
    {
        await KillOneBeforeItsIndexAsync();
        await _agents.StartOneAsync();
        await Eventually.TrueAsync(async () => (await _agents.One.Client.Trusts.ListAsync(default)).Single().Connected, "the agents are connected");
        Assert.Equal(nameof(PairState.Idle), (await _agents.CreateAsync()).State);
    }

    [Fact]
    [Rule("P-7")]
    public async Task A_target_agent_that_is_killed_in_the_middle_of_its_making_leaves_nothing_at_either_site()
    {
        using var stop = new StandingStill(_agents.Two.State);
        var creating = _agents.CreateAsync();
        await FilesAtAsync(2, 4);
        await _agents.Two.KillAsync();
        stop.Dispose();
        Assert.Equal(ErrorIds.PeerUnreachable, (await Assert.ThrowsAsync<MirrorApiException>(() => creating)).Error.ErrorId);
        Assert.Empty(Directory.GetFiles(_agents.At(1, "")));
        await _agents.StartTwoAsync();
        Assert.Contains(_agents.Target, (await EventAsync(_agents.Two, "PairTakenBack")).Message);
        AssertNothingIsLeft();
        await _agents.WaitForEventAsync(_agents.One, "OtherSideTakenBack");
        Assert.Equal(nameof(PairState.Idle), (await _agents.CreateAsync()).State);
        await NothingInTheMakingAsync();
    }

    [Fact]
    [Rule("P-7")]
    public async Task An_admin_who_gives_up_waiting_leaves_nothing_at_either_site()
    {
        using var stop = new StandingStill(_agents.Two.State);
        Directory.CreateDirectory(Path.Combine(_agents.Two.State, "pairs.json"));
        using var giveUp = new CancellationTokenSource();
        var creating = _agents.One.Client.Pairs.CreateAsync(_agents.Request(), giveUp.Token);
        await FilesAtAsync(2, 4);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => creating);
        await Eventually.TrueAsync(() => Task.FromResult(Directory.GetFiles(_agents.At(1, "")).Length == 0), "site 1 has taken its files back");
        Assert.Single(MakingOf(1));

        // Site 2 goes on only now, and can't put its index where a directory is.
        stop.GoOn();
        await _agents.WaitForEventAsync(_agents.One, "OtherSideTakenBack");
        Assert.Empty(await _agents.Two.Client.Pairs.ListAsync(default));
        AssertNothingIsLeft();
    }

    // Wherever the kill falls, there is the pair or nothing of it.
    [Theory]
    [Rule("P-7")]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_agent_that_is_killed_at_any_instant_of_the_making_leaves_a_whole_pair_or_nothing(int site)
    {
        foreach (var delayMs in new[] { 10, 30, 50 })
        {
            var creating = _agents.CreateAsync();
            await Task.Delay(delayMs);
            await (site == 1 ? _agents.One : _agents.Two).KillAsync();
            try
            {
                await creating;
            }
            catch (Exception error) when (error is MirrorApiException or HttpRequestException or IOException)
            {
                // What the admin is told is not the point here.
            }

            await (site == 1 ? _agents.StartOneAsync() : _agents.StartTwoAsync());
            await Eventually.TrueAsync(() => Task.FromResult(MakingOf(1).Count == 0), "site 1 has nothing in the making");
            if ((await _agents.One.Client.Pairs.ListAsync(default)).Count == 0)
            {
                await Eventually.TrueAsync(() => Task.FromResult(MakingOf(2).Count == 0), "site 2 has nothing in the making");
                Assert.Empty(await _agents.Two.Client.Pairs.ListAsync(default));
                AssertNothingIsLeft();
            }
            else
            {
                await _agents.WaitForStateAsync(_agents.One, nameof(PairState.Idle));
                await _agents.One.Client.Pairs.RemoveAsync("p", deleteData: true, default);
                File.Delete(_agents.Source);
            }
        }
    }

    [Fact]
    public async Task What_was_written_or_replaced_since_it_was_made_is_left_and_told()
    {
        await KillOneBeforeItsIndexAsync();
        Write(_agents.Source, 1);
        var intermediate = _agents.At(1, "p.first-intermediate.img");
        File.Move(intermediate, intermediate + ".old");
        File.Copy(intermediate + ".old", intermediate);
        await _agents.Two.TerminateAsync();
        Write(_agents.Target, 2);
        await _agents.StartTwoAsync();
        await _agents.StartOneAsync();
        await _agents.WaitForEventAsync(_agents.One, "OtherSideTakenBack");
        Assert.Equal(new[] { _agents.Source, intermediate, intermediate + ".old", _agents.Target }.Order(), Files());
        Assert.Equal(1, File.ReadAllBytes(_agents.Source)[0]);
        Assert.Equal(2, File.ReadAllBytes(_agents.Target)[0]);
        var told = (await EventAsync(_agents.One, "PairTakenBack")).Message;
        Assert.Contains($"'{_agents.Source}' (it was changed since it was made)", told);
        Assert.Contains($"'{intermediate}' (it is another file now)", told);
        Assert.Contains($"'{_agents.Target}' (it was changed since it was made)", (await EventAsync(_agents.Two, "PairTakenBack")).Message);
    }

    [Fact]
    public async Task A_storage_that_was_there_before_or_that_somebody_has_open_is_left()
    {
        Command.Run("truncate", "-s", "16M", _agents.Target);
        await KillOneBeforeItsIndexAsync();
        await using (var held = new FileStream(_agents.Source, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            await _agents.StartOneAsync();
            await _agents.WaitForEventAsync(_agents.One, "OtherSideTakenBack");
        }

        Assert.Equal([_agents.Source, _agents.Target], Files());
        Assert.Contains(_agents.Source, (await EventAsync(_agents.One, "PairTakenBack")).Arguments["left"]);
    }

    // A state directory of a backup, for instance: the pair was made, connected, and written since.
    [Fact]
    public async Task A_pair_that_was_connected_is_not_taken_back_by_an_agent_that_has_forgotten_it()
    {
        var pair = await _agents.CreateAsync();
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.Idle));
        await _agents.One.TerminateAsync();
        File.Delete(Path.Combine(_agents.One.State, "pairs.json"));
        var two = (await _agents.Two.Client.Agent.GetAsync(default)).AgentId;
        File.WriteAllText(Path.Combine(_agents.One.State, "making.json"), $$"""
            { "version": 1, "items": [{ "pairId": "{{pair.Id}}", "pairName": "p", "isSource": true, "peerAgentId": "{{two}}", "files": [] }] }
            """);
        await _agents.StartOneAsync();
        await _agents.WaitForEventAsync(_agents.One, "OtherSideNotTakenBack");
        Assert.Equal("p", Assert.Single(await _agents.Two.Client.Pairs.ListAsync(default)).Name);
        Assert.True(File.Exists(_agents.At(2, "p.target.mirror")));
        Assert.Empty(MakingOf(1));
    }

    [Fact]
    [Rule("P-9")]
    public async Task An_agent_that_has_no_part_in_a_pair_can_neither_remove_it_nor_take_it_back()
    {
        var pair = await _agents.CreateAsync();
        await using var stranger = await LinkAgent.StartAsync("stranger");
        var code = await _agents.Two.Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest(), default);
        var two = await stranger.Trust.JoinAsync(code.Code, [stranger.Address], default).InTime();
        foreach (var request in new[] { new PairRequest(Guid.Parse(pair.Id)), new PairRequest(Guid.Parse(pair.Id), DeleteData: true), new PairRequest(Guid.Parse(pair.Id), IsTakenBack: true) })
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    // Both may dial at once, and then one session replaces the other.
                    var session = await stranger.Host.Peers.WaitAsync(two.AgentId, default).InTime();
                    var refused = await Assert.ThrowsAnyAsync<Exception>(
                        () => session.RequestAsync(PairMethods.Remove, PairJson.Write(request), TimeSpan.FromSeconds(60), default));
                    return refused is not LinkClosedException && Assert.IsType<LinkRequestException>(refused).ErrorId == ErrorIds.PairNotFound;
                },
                "the request is refused");
        }

        Assert.Single(await _agents.Two.Client.Pairs.ListAsync(default));
        Assert.True(File.Exists(_agents.Target));
    }

    [Fact]
    public void A_side_that_was_taken_back_before_it_was_asked_for_is_not_made_any_more()
    {
        var sides = new SidesInMaking();
        var (early, late) = (Guid.NewGuid(), Guid.NewGuid());
        sides.TakeBack(early);
        Assert.Equal(ErrorIds.PairNotFound, Assert.Throws<ControlException>(() => sides.Begin(early)).ErrorId);
        using (sides.Begin(late))
        {
            Assert.Equal(ErrorIds.PairBusy, Assert.Throws<ControlException>(() => sides.TakeBack(late)).ErrorId);
            Assert.Equal(ErrorIds.PairBusy, Assert.Throws<ControlException>(() => sides.Begin(late)).ErrorId);
        }

        sides.TakeBack(late);
    }

    private static void Write(string path, byte value)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.WriteByte(value);
    }

    // Site 2 has made its side, and site 1 all of its own but the entry in its index.
    private async Task KillOneBeforeItsIndexAsync()
    {
        using var stop = new StandingStill(_agents.One.State);
        var creating = _agents.CreateAsync();
        await _agents.WaitForEventAsync(_agents.Two, "PairCreated");
        await FilesAtAsync(1, 4);
        await _agents.One.KillAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => creating);
        Assert.True(File.Exists(_agents.Source));
        Assert.True(File.Exists(_agents.Target));
    }

    private Task FilesAtAsync(int site, int count) => Eventually.TrueAsync(
        () => Task.FromResult(MakingOf(site).Any(pair => pair?["files"] is JsonArray files && files.Count == count && files.All(file => file?["identity"] is not null))),
        $"site {site} has made its files");

    private JsonArray MakingOf(int site)
    {
        var path = Path.Combine((site == 1 ? _agents.One : _agents.Two).State, "making.json");
        return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!["items"]!.AsArray() : [];
    }

    private async Task NothingInTheMakingAsync()
    {
        Assert.Empty(MakingOf(1));
        await Eventually.TrueAsync(() => Task.FromResult(MakingOf(2).Count == 0), "site 2 knows that the pair is made");
    }

    private void AssertNothingIsLeft() => Assert.Empty(Files());

    private List<string> Files() => [.. Directory.GetFiles(_agents.At(1, "")).Concat(Directory.GetFiles(_agents.At(2, ""))).Order()];

    private static async Task<EventInfo> EventAsync(AgentProcess agent, string name) =>
        (await agent.Client.Events.ListAsync(0, 1000, default)).Items.First(item => item.Name == name);

    // A pipe where the new index would be written: the agent waits there for somebody who reads, at the very last step before the pair counts.
    private sealed class StandingStill : IDisposable
    {
        private readonly string _pipe;

        public StandingStill(string state)
        {
            _pipe = Path.Combine(state, "pairs.json.new");
            Command.Run("mkfifo", _pipe);
        }

        /// <summary>Lets the agent write.</summary>
        public void GoOn() => Assert.Contains("\"items\"", Command.Run("cat", _pipe));

        public void Dispose() => File.Delete(_pipe);
    }
}
