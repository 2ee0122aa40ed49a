using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Agent.Trust;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Trust;

public sealed class TrustServiceTests
{
    [Fact]
    public async Task Two_agents_that_paired_trust_each_other_and_still_do_after_a_restart()
    {
        using var directory = new TemporaryDirectory();
        await using var a = await LinkAgent.StartAsync("alpha");
        TrustedPeer seenByA;
        Guid id;
        await using (var b = await LinkAgent.StartAsync("beta", directory: directory.Path))
        {
            id = b.Id;
            seenByA = await a.PairAsync(b);
            Assert.Equal((b.Id, "beta", b.Identity.Fingerprint), (seenByA.AgentId, seenByA.Name, seenByA.Fingerprint));
            Assert.Equal([b.Address], seenByA.Addresses);
            var seenByB = Assert.Single(b.Trust.List());
            Assert.Equal((a.Id, "alpha", a.Identity.Fingerprint), (seenByB.AgentId, seenByB.Name, seenByB.Fingerprint));
            Assert.Equal([a.Address], seenByB.Addresses);
        }

        await using var again = await LinkAgent.StartAsync("beta", directory: directory.Path);
        Assert.Equal((id, seenByA.Fingerprint), (again.Id, again.Identity.Fingerprint));
        Assert.Equal(a.Id, Assert.Single(again.Trust.List()).AgentId);
    }

    [Fact]
    [Rule("P-9")]
    public async Task A_code_works_once()
    {
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("b");
        await using var c = await LinkAgent.StartAsync("c");
        var code = b.Trust.CreateCode([b.Address]).Code;
        await a.Trust.JoinAsync(code, [], default);
        await AssertJoinFails(c, code, TrustErrorId.TrustCodeUsed);
        Assert.Single(b.Trust.List());
        Assert.Empty(c.Trust.List());
    }

    [Fact]
    [Rule("P-9")]
    public async Task A_code_works_for_fifteen_minutes()
    {
        var time = new ManualTime();
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("b", time);
        var offer = b.Trust.CreateCode([b.Address]);
        Assert.Equal(time.GetUtcNow() + TimeSpan.FromMinutes(15), offer.ExpiresAt);
        time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        var late = b.Trust.CreateCode([b.Address], TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(1));
        await AssertJoinFails(a, offer.Code, TrustErrorId.TrustCodeExpired);
        await AssertJoinFails(a, late.Code, TrustErrorId.TrustCodeExpired);
        Assert.Throws<ArgumentOutOfRangeException>(() => b.Trust.CreateCode([b.Address], TimeSpan.FromMinutes(16)));
        Assert.Empty(b.Trust.List());
    }

    [Fact]
    [Rule("P-9")]
    public async Task Five_failures_void_a_code_even_for_the_one_who_knows_it()
    {
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("b");
        var code = b.Trust.CreateCode([b.Address]).Code;
        var wrong = PairingCode.Parse(code) with { Secret = new byte[16] };
        for (int i = 0; i < 4; i++)
        {
            await AssertJoinFails(a, wrong.Format(), TrustErrorId.TrustCodeWrong);
        }

        await AssertJoinFails(a, wrong.Format(), TrustErrorId.TrustCodeVoided);
        await AssertJoinFails(a, code, TrustErrorId.TrustCodeVoided);
        Assert.Empty(b.Trust.List());
        await Eventually.TrueAsync(() => Task.FromResult(b.Host.Counters.FailedPairings == 6), "six failures were counted");
    }

    [Fact]
    public async Task Four_failures_leave_the_code_to_the_one_who_knows_it()
    {
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("b");
        var code = b.Trust.CreateCode([b.Address]).Code;
        var wrong = PairingCode.Parse(code) with { Secret = new byte[16] };
        for (int i = 0; i < 4; i++)
        {
            await AssertJoinFails(a, wrong.Format(), TrustErrorId.TrustCodeWrong);
        }

        await a.Trust.JoinAsync(code, [], default);
    }

    [Fact]
    public async Task A_code_that_was_voided_or_is_unknown_is_refused()
    {
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("b");
        var offer = b.Trust.CreateCode([b.Address]);
        Assert.True(b.Trust.VoidCode(offer.Id));
        Assert.False(b.Trust.VoidCode(offer.Id));
        await AssertJoinFails(a, offer.Code, TrustErrorId.TrustCodeVoided);
        await AssertJoinFails(a, (PairingCode.Parse(offer.Code) with { OfferId = 1 }).Format(), TrustErrorId.TrustCodeWrong);
    }

    [Fact]
    [Rule("P-9")]
    public async Task Without_a_code_no_stranger_gets_through_the_TLS_handshake()
    {
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("b");
        var code = new PairingCode(1, Convert.FromHexString(b.Identity.Fingerprint), new byte[16], [b.Address]).Format();
        await AssertJoinFails(a, code, TrustErrorId.TrustCodeWrong);
        Assert.Equal(1, b.Host.Counters.UnknownKeys);
        Assert.Equal(0, b.Host.Counters.FailedPairings);
    }

    [Fact]
    public async Task An_agent_with_another_key_at_the_address_is_told_apart_from_none()
    {
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("b");
        await using var c = await LinkAgent.StartAsync("c");
        var code = PairingCode.Parse(b.Trust.CreateCode([b.Address]).Code);
        await AssertJoinFails(a, (code with { Addresses = [c.Address] }).Format(), TrustErrorId.FingerprintMismatch);
        await AssertJoinFails(a, (code with { Addresses = ["127.0.0.1:1"] }).Format(), TrustErrorId.PeerUnreachable);
        await AssertJoinFails(a, (code with { Addresses = ["127.0.0.1:1", c.Address] }).Format(), TrustErrorId.FingerprintMismatch);
        await AssertJoinFails(a, "nonsense", TrustErrorId.TrustCodeMalformed);
        await AssertJoinFails(b, code.Format(), TrustErrorId.TrustSelf);

        // None of that cost the code anything; and the first address that answers will do.
        await a.Trust.JoinAsync((code with { Addresses = ["127.0.0.1:1", b.Address] }).Format(), [], default);
    }

    [Fact]
    public async Task A_name_that_is_taken_gets_a_number_and_pairing_anew_replaces()
    {
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("same");
        await using var c = await LinkAgent.StartAsync("SAME");
        await a.PairAsync(b);
        Assert.Equal("SAME-2", (await a.PairAsync(c)).Name);
        await a.PairAsync(b);
        Assert.Equal(["same", "SAME-2"], a.Trust.List().Select(peer => peer.Name));
    }

    [Fact]
    public async Task Removing_a_trust_that_is_not_there_says_so()
    {
        await using var a = await LinkAgent.StartAsync("a");
        Assert.Equal(TrustErrorId.TrustNotFound, Assert.Throws<TrustException>(() => a.Trust.Remove(Guid.NewGuid())).ErrorId);
    }

    private static async Task AssertJoinFails(LinkAgent agent, string code, TrustErrorId expected)
    {
        var error = await Assert.ThrowsAsync<TrustException>(() => agent.Trust.JoinAsync(code, [], default));
        Assert.True(expected == error.ErrorId, $"{expected} was expected: {error}");
    }
}
