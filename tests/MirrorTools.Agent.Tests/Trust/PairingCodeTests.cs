using MirrorTools.Agent.Trust;

namespace MirrorTools.Agent.Tests.Trust;

public sealed class PairingCodeTests
{
    private static readonly PairingCode Sample = new(
        0x0102030405060708, [.. Enumerable.Range(0, 32).Select(i => (byte)i)], [.. Enumerable.Range(0, 16).Select(i => (byte)(0xF0 + i))],
        ["10.0.0.1:9710", "[fd00::1]:9710"]);

    [Fact]
    public void Golden_text() => Assert.Equal(
        "MT1-BADQMBIEAMBACAABAIBQIBIGA4EASCQLBQGQ4DYQCEJBGFAVCYLRQGI2"
        + "DMOB2HQ76DY7F47U6X3PP6HZ7L57Z7P674BA2MJQFYYC4MBOGE5DSNZRGAHF"
        + "WZTEGAYDUORRLU5DSNZRGA6QFYKB",
        Sample.Format());

    [Fact]
    public void A_code_reads_back_whatever_its_case_and_line_breaks()
    {
        var text = Sample.Format();
        foreach (var form in new[] { text, text.ToLowerInvariant(), $"  {text[..20]}\r\n {text[20..]} " })
        {
            var read = PairingCode.Parse(form);
            Assert.Equal(Sample.OfferId, read.OfferId);
            Assert.Equal(Sample.ListenerPin, read.ListenerPin);
            Assert.Equal(Sample.Secret, read.Secret);
            Assert.Equal(Sample.Addresses, read.Addresses);
        }
    }

    [Fact]
    public void A_code_with_any_character_changed_lost_or_swapped_is_malformed()
    {
        var text = Sample.Format();
        for (int i = 0; i < text.Length; i++)
        {
            AssertMalformed(text[..i] + (text[i] == 'Q' ? 'R' : 'Q') + text[(i + 1)..]);
            AssertMalformed(text.Remove(i, 1));
            AssertMalformed(text[..i]);
            if (i > 0 && text[i] != text[i - 1])
            {
                AssertMalformed(text[..(i - 1)] + text[i] + text[i - 1] + text[(i + 1)..]);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("MT1-")]
    [InlineData("MT1-AAAA")]
    [InlineData("MT1-!!!!!!!!")]
    [InlineData("MT2-AAAA")]
    public void Garbage_is_malformed(string text) => AssertMalformed(text);

    [Fact]
    public void Endless_text_and_random_text_are_malformed()
    {
        AssertMalformed("MT1-" + new string('A', 1_000_000));
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            AssertMalformed("MT1-" + new string([.. Enumerable.Range(0, random.Next(300)).Select(_ => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[random.Next(32)])]));
        }
    }

    [Theory]
    [InlineData("host:1", true)]
    [InlineData("10.1.2.3:65535", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("a.b-c.example:9710", true)]
    [InlineData("host", false)]
    [InlineData("host:0", false)]
    [InlineData("host:65536", false)]
    [InlineData(":80", false)]
    [InlineData("a b:80", false)]
    [InlineData("[x]:80", false)]
    [InlineData("host:-1", false)]
    public void Addresses_are_checked(string address, bool valid) => Assert.Equal(valid, PeerAddress.IsValid(address));

    private static void AssertMalformed(string text) =>
        Assert.Equal(TrustErrorId.TrustCodeMalformed, Assert.Throws<TrustException>(() => PairingCode.Parse(text)).ErrorId);
}
