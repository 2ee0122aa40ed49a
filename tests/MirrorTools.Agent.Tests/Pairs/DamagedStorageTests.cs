using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>A storage or a metadata file that was damaged while an agent was down, or while it ran: what admins are told, and that nothing of it is taken for data.</summary>
public sealed class DamagedStorageTests : IAsyncLifetime
{
    private TwoAgents _agents = null!;
    private PairInfo _pair = null!;

    public async Task InitializeAsync()
    {
        _agents = await TwoAgents.StartAsync();
        _pair = await _agents.CreateAsync();
        await _agents.WriteAsync(_agents.One, 0, 0x11, 1 << 20);
        await _agents.WriteAsync(_agents.One, 8 << 20, 0x22, 1 << 20);
        await _agents.CycleAsync();
        await _agents.WaitForStateAsync(_agents.Two, nameof(PairState.Idle));
    }

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Theory]
    [Rule("P-5")]
    [InlineData("C")]
    [InlineData("D")]
    public async Task A_copy_that_was_cut_short_after_a_kill_is_compared_once_it_is_long_enough_again(string storage)
    {
        // No stamp tells of it after a kill: zeros in place of its end were taken for the committed image.
        var path = storage == "C" ? _pair.SecondIntermediate! : _pair.Target;
        await _agents.Two.KillAsync();
        Command.Run("truncate", "-s", "1M", path);
        await _agents.Two.DisposeAsync();
        await _agents.StartTwoAsync();
        var closed = await _agents.Two.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Failed), ErrorIds.ImageTruncated), (closed.State, closed.StateErrorId));
        Assert.Contains(path, closed.StateReason);
        Assert.Contains("Resume-MirrorPair", closed.RecommendedAction);

        // The admin at site 1 hears of it as well.
        PairInfo seen = new();
        await Eventually.TrueAsync(
            async () => (seen = await _agents.One.Client.Pairs.GetAsync("p", default)).StateErrorId == ErrorIds.ImageTruncated, "site 1 says what keeps site 2 away");
        Assert.Equal(nameof(PairState.Disconnected), seen.State);
        Assert.Contains(path, seen.StateReason);
        Assert.Contains("Resume-MirrorPair", seen.RecommendedAction);

        Command.Run("truncate", "-s", "16M", path);
        await ResumeAsync();
        await _agents.WaitForEventAsync(_agents.One, "Compared");
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
        Assert.True((await _agents.Two.Client.Volumes.ReadAsync("p", 8 << 20, 1 << 20, default)).All(value => value == 0x22));
    }

    [Fact]
    public async Task What_is_asked_of_the_volume_of_a_closed_pair_says_why_it_is_closed()
    {
        await _agents.One.KillAsync();
        Command.Run("truncate", "-s", "1M", _pair.FirstIntermediate!);
        await _agents.One.DisposeAsync();
        await _agents.StartOneAsync();
        var read = (await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Volumes.ReadAsync("p", 0, 512, default))).Error;
        Assert.Equal((ErrorIds.ImageTruncated, _pair.FirstIntermediate), (read.ErrorId, read.Target));
        Assert.Contains("Resume-MirrorPair", read.RecommendedAction);
        await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Volumes.GetAsync("p.Source", default));

        // What B held is of no use; one resume brings the pair back.
        Command.Run("truncate", "-s", "16M", _pair.FirstIntermediate!);
        await ResumeAsync();
        Assert.Equal(0x22, (await _agents.One.Client.Volumes.ReadAsync("p", 8 << 20, 512, default))[0]);
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
    }

    [Fact]
    public async Task A_metadata_file_that_can_t_be_read_is_named_with_what_helps()
    {
        var path = _agents.At(2, "p.target.mirror");
        await _agents.Two.TerminateAsync();
        Command.Run("truncate", "-s", "128K", path);
        await _agents.Two.DisposeAsync();
        await _agents.StartTwoAsync();
        var closed = await _agents.Two.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Failed), ErrorIds.MetadataCorrupt), (closed.State, closed.StateErrorId));
        Assert.Contains(path, closed.StateReason);
        Assert.Contains("Resume-MirrorPair -DiscardChangesOn two", closed.RecommendedAction);
    }

    [Fact]
    public async Task A_storage_that_is_gone_is_told_with_what_helps_a_pair_that_exists()
    {
        await _agents.Two.TerminateAsync();
        File.Move(_pair.Target, _pair.Target + ".away");
        await _agents.Two.DisposeAsync();
        await _agents.StartTwoAsync();
        var closed = await _agents.Two.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Failed), ErrorIds.StorageNotFound), (closed.State, closed.StateErrorId));
        Assert.Contains("Resume-MirrorPair", closed.RecommendedAction);
        Assert.DoesNotContain("-Size", closed.RecommendedAction);
        File.Move(_pair.Target + ".away", _pair.Target);
        await ResumeAsync();
        await _agents.WaitForStateAsync(_agents.Two, nameof(PairState.Idle));
    }

    [Theory]
    [Rule("P-5")]
    [InlineData("A")]
    [InlineData("D")]
    public async Task A_storage_that_is_cut_short_under_a_running_agent_suspends_the_pair(string storage)
    {
        await _agents.WriteAsync(_agents.One, 12 << 20, 0x33, 1 << 20);
        Command.Run("truncate", "-s", "9M", storage == "A" ? _pair.Source : _pair.Target);
        if (storage == "A")
        {
            await Assert.ThrowsAsync<MirrorApiException>(() => _agents.WriteAsync(_agents.One, 15 << 20, 0x44));
        }

        await _agents.One.Client.Cycles.StartAsync("p", new StartCycleRequest(), default);
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.Suspended));
        var suspended = await _agents.One.Client.Pairs.GetAsync("p", default);
        Assert.Contains("was cut short", suspended.StateReason);
        Assert.Contains("Resume-MirrorPair", suspended.RecommendedAction);
        Assert.Equal(9 << 20, new FileInfo(storage == "A" ? _pair.Source : _pair.Target).Length);
    }

    // The agents connect again by themselves; until then there is nothing to resume.
    private async Task ResumeAsync()
    {
        await Eventually.TrueAsync(async () => (await _agents.One.Client.Trusts.ListAsync(default))[0].Connected, "the agents are connected");
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default);
    }
}
