using MirrorTools.Agent.Trust;

namespace MirrorTools.Agent.Tests.Trust;

/// <summary>Golden bytes of pairing: the same as in docs/formats/pairing-code.md.</summary>
public sealed class PairingFrameTests
{
    private static readonly byte[] Nonce = [.. Enumerable.Repeat((byte)0xAB, 32)];

    [Fact]
    public void Header()
    {
        var bytes = new byte[PairingMessage.SizeBytes];
        new PairingMessage(1, PairingMessageType.Claim, 0x123).Write(bytes);
        Assert.Equal("4D545052" + "01" + "03" + "2301", Convert.ToHexString(bytes));
        Assert.True(PairingMessage.TryRead(bytes, out var read));
        Assert.Equal(new PairingMessage(1, PairingMessageType.Claim, 0x123), read);
        Assert.False(PairingMessage.TryRead(bytes.AsSpan(0, 7), out _));
        bytes[7] = 0xFF;
        Assert.False(PairingMessage.TryRead(bytes, out _));
    }

    [Fact]
    public void Hello()
    {
        var bytes = new PairingHello(0x0102030405060708, Nonce).ToBytes();
        Assert.Equal("0807060504030201" + string.Concat(Enumerable.Repeat("AB", 32)), Convert.ToHexString(bytes));
        Assert.True(PairingHello.TryRead(bytes, out var read));
        Assert.Equal(0x0102030405060708ul, read.OfferId);
        Assert.Equal(Nonce, read.Nonce);
        Assert.False(PairingHello.TryRead(bytes.AsSpan(1), out _));
    }

    [Fact]
    public void Challenge()
    {
        var bytes = new PairingChallenge(PairingStatus.Expired, Nonce).ToBytes();
        Assert.Equal("02" + string.Concat(Enumerable.Repeat("AB", 32)), Convert.ToHexString(bytes));
        Assert.True(PairingChallenge.TryRead(bytes, out var read));
        Assert.Equal(PairingStatus.Expired, read.Status);
        Assert.False(PairingChallenge.TryRead(bytes.AsSpan(1), out _));
    }

    [Fact]
    public void Person()
    {
        var person = new PairingPerson(new Guid("00112233-4455-6677-8899-aabbccddeeff"), "ab", ["h:1"]);
        var bytes = person.ToBytes();
        Assert.Equal("00112233445566778899AABBCCDDEEFF" + "02" + "6162" + "01" + "03" + "683A31", Convert.ToHexString(bytes));
        var read = PairingPerson.TryRead(bytes);
        Assert.NotNull(read);
        Assert.Equal((person.AgentId, person.Name), (read.AgentId, read.Name));
        Assert.Equal(person.Addresses, read.Addresses);
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            Assert.Null(PairingPerson.TryRead(bytes.AsSpan(0, cut)));
        }

        Assert.Null(PairingPerson.TryRead([.. bytes, 0]));
    }

    [Fact]
    public void Proofs_are_bound_to_role_keys_offer_nonces_and_person()
    {
        byte[] secret = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        byte[] person = [1, 2, 3];
        var transcript = new PairingTranscript([.. Nonce], new byte[32], 5, new byte[32], new byte[32]);
        var proof = transcript.ProveJoiner(secret, person);
        Assert.Equal(proof, transcript.ProveJoiner(secret, person));
        byte[] other = [.. Enumerable.Repeat((byte)1, 32)];
        foreach (var different in new[]
        {
            transcript.ProveListener(secret, person),
            transcript.ProveJoiner([.. secret.Reverse()], person),
            transcript.ProveJoiner(secret, [1, 2, 4]),
            (transcript with { JoinerPin = other }).ProveJoiner(secret, person),
            (transcript with { ListenerPin = other }).ProveJoiner(secret, person),
            (transcript with { OfferId = 6 }).ProveJoiner(secret, person),
            (transcript with { JoinerNonce = other }).ProveJoiner(secret, person),
            (transcript with { ListenerNonce = other }).ProveJoiner(secret, person),
        })
        {
            Assert.NotEqual(proof, different);
        }
    }
}
