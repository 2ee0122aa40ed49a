using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>The metadata file of site 2 is lost: both agents say so and how to get out of it, nothing is given up without the admin's word, and the copy is proved by hash (P-7).</summary>
public sealed class LostMetadataTests : IAsyncLifetime
{
    private const int VolumeBytes = 16 << 20;
    private TwoAgents _agents = null!;

    private string Metadata => _agents.At(2, "p.target.mirror");

    public async Task InitializeAsync() => _agents = await TwoAgents.StartAsync();

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Theory]
    [Rule("P-5")]
    [Rule("P-7")]
    [InlineData("deleted")]
    [InlineData("cut short")]
    [InlineData("records")]
    public async Task Lost_metadata_of_site_2_are_made_anew_on_the_admins_word(string damage)
    {
        await MirrorAsync();
        await StopTwoAsync();
        Damage(damage);
        var damaged = File.Exists(Metadata) ? File.ReadAllBytes(Metadata) : null;
        await _agents.StartTwoAsync();

        var two = await _agents.Two.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Failed), ErrorIds.MetadataCorrupt), (two.State, two.StateErrorId));
        Assert.Contains("Resume-MirrorPair -DiscardChangesOn two", two.RecommendedAction);
        Assert.Contains("'one'", two.RecommendedAction);
        await _agents.WaitForEventAsync(_agents.One, "OtherSideClosed");
        var one = await _agents.One.Client.Pairs.GetAsync("p", default);
        Assert.Equal(ErrorIds.MetadataCorrupt, one.StateErrorId);
        Assert.Contains("'two'", one.StateReason);
        Assert.Contains("Resume-MirrorPair -DiscardChangesOn two", one.RecommendedAction);

        // Hosts go on, and no other word than the admin's gives anything up.
        await _agents.WriteAsync(_agents.One, 3 << 20, 0x33);
        foreach (var agent in new[] { _agents.One, _agents.Two })
        {
            var refused = await Assert.ThrowsAsync<MirrorApiException>(() => agent.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default));
            Assert.Equal(ErrorIds.MetadataCorrupt, refused.Error.ErrorId);
            Assert.Contains("-DiscardChangesOn two", refused.Error.RecommendedAction);
        }

        Assert.Equal(damaged, File.Exists(Metadata) ? File.ReadAllBytes(Metadata) : null);
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "two" }, default);
        Assert.Equal(damaged is not null, File.Exists(Metadata + ".damaged"));
        await _agents.WaitForEventAsync(_agents.Two, "SideRemade");
        await _agents.WaitForEventAsync(_agents.One, "Compared");
        Assert.Null((await _agents.One.Client.Pairs.GetAsync("p", default)).CommittedPoint);
        var nothing = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.Two.Client.Recovery.PlanAsync("p", new(), default));
        Assert.Equal(ErrorIds.NoCommittedPoint, nothing.Error.ErrorId);

        var cycle = await _agents.CycleAsync();
        Assert.Equal(nameof(CycleState.Committed), cycle.State);
        Assert.InRange(cycle.BytesOnLink, 65536, 2 * 65536);
        await AssertMirroredAsync();
        Assert.Null((await _agents.One.Client.Pairs.GetAsync("p", default)).StateErrorId);
        Assert.Null((await _agents.Two.Client.Pairs.GetAsync("p", default)).StateErrorId);
    }

    [Fact]
    [Rule("P-7")]
    public async Task A_file_that_comes_back_costs_nothing()
    {
        await MirrorAsync();
        await StopTwoAsync();
        File.Move(Metadata, Metadata + ".away");
        await _agents.StartTwoAsync();
        await _agents.WaitForEventAsync(_agents.One, "OtherSideClosed");
        File.Move(Metadata + ".away", Metadata);
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default);
        await Eventually.TrueAsync(
            async () => await _agents.One.Client.Pairs.GetAsync("p", default) is { LinkState: "Connected", StateErrorId: null, CommittedPoint: not null }, "the pair is connected");
        Assert.DoesNotContain((await _agents.One.Client.Events.ListAsync(0, 1000, default)).Items, item => item.Name == "Compared");

        // A whole side is not given up, and the pair goes on as it did.
        var refused = await Assert.ThrowsAsync<MirrorApiException>(
            () => _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "two" }, default));
        Assert.Equal(ErrorIds.PairNotSuspended, refused.Error.ErrorId);
        await Eventually.TrueAsync(async () => (await _agents.One.Client.Pairs.GetAsync("p", default)).LinkState == "Connected", "the pair is connected");
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
    }

    [Fact]
    [Rule("P-5")]
    [Rule("P-7")]
    public async Task Metadata_that_come_back_after_they_were_given_up_are_not_trusted()
    {
        await MirrorAsync();
        await StopTwoAsync();
        File.Move(Metadata, Metadata + ".away");
        await _agents.StartTwoAsync();
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "two" }, default);
        await _agents.WaitForEventAsync(_agents.One, "Compared");
        await _agents.WriteAsync(_agents.One, 3 << 20, 0x33);
        await _agents.CycleAsync();
        await StopTwoAsync();
        File.Move(Metadata + ".away", Metadata, overwrite: true);
        await _agents.StartTwoAsync();
        await Eventually.TrueAsync(
            async () => (await _agents.One.Client.Pairs.GetAsync("p", default)).StateErrorId == ErrorIds.SplitBrain, "site 1 says that the other side is of an older generation");
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "two" }, default);
        Assert.Equal(nameof(CycleState.Committed), await CycleWhenComparedAsync());
        await AssertMirroredAsync();
    }

    [Theory]
    [Rule("P-7")]
    [InlineData("c")]
    [InlineData("d")]
    public async Task A_storage_of_site_2_that_is_gone_is_made_anew_as_well(string storage)
    {
        var pair = await MirrorAsync();
        await StopTwoAsync();
        File.Delete(storage == "c" ? pair.SecondIntermediate! : pair.Target!);
        await _agents.StartTwoAsync();
        await _agents.WaitForEventAsync(_agents.One, "OtherSideClosed");
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "two" }, default);
        Assert.Equal(nameof(CycleState.Committed), await CycleWhenComparedAsync());
        await AssertMirroredAsync();
    }

    [Fact]
    [Rule("F-18")]
    public async Task A_region_log_that_is_gone_costs_what_it_knew_and_no_admin()
    {
        await MirrorAsync();
        await StopTwoAsync();
        File.Delete(_agents.At(2, "p.target.regions"));
        await _agents.StartTwoAsync();
        await Eventually.TrueAsync(async () => (await _agents.One.Client.Pairs.GetAsync("p", default)).LinkState == "Connected", "the pair is connected");
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
        await AssertMirroredAsync();
    }

    private async Task<PairInfo> MirrorAsync()
    {
        var pair = await _agents.CreateAsync();
        await _agents.WriteAsync(_agents.One, 0, 0x11, 1 << 20);
        await _agents.CycleAsync();
        await _agents.WriteAsync(_agents.One, 2 << 20, 0x22);
        await _agents.CycleAsync();
        await Eventually.TrueAsync(
            async () => (await _agents.Two.Client.Points.ListAsync("p", default)).Single().GrainsInIntermediate == 0, "D has everything");
        return pair;
    }

    private async Task<string> CycleWhenComparedAsync()
    {
        await Eventually.TrueAsync(
            async () => await _agents.One.Client.Pairs.GetAsync("p", default) is { LinkState: "Connected", State: nameof(PairState.Idle) }, "the comparison has ended");
        return (await _agents.CycleAsync()).State;
    }

    private async Task AssertMirroredAsync()
    {
        for (var at = 0; at < VolumeBytes; at += 1 << 20)
        {
            var source = await _agents.One.Client.Volumes.ReadAsync("p", at, 1 << 20, default);
            var image = await _agents.Two.Client.Volumes.ReadAsync("p", at, 1 << 20, default);
            Assert.True(source.AsSpan().SequenceEqual(image), $"The committed image is not the source at {at}.");
        }
    }

    private void Damage(string damage)
    {
        switch (damage)
        {
            case "deleted":
                File.Delete(Metadata);
                break;
            case "cut short":
                Command.Run("truncate", "-s", "300K", Metadata);
                break;
            default:
                Overwrite(128 << 10);
                Overwrite(192 << 10);
                break;
        }
    }

    private void Overwrite(long offset)
    {
        using var file = File.OpenWrite(Metadata);
        file.Position = offset;
        file.Write(Enumerable.Repeat((byte)0x5A, 64 << 10).ToArray());
    }

    private async Task StopTwoAsync()
    {
        Assert.Equal(0, await _agents.Two.TerminateAsync());
        await _agents.Two.DisposeAsync();
    }
}
