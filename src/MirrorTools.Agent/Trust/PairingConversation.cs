using System.Security.Cryptography;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Trust;

/// <summary>
/// The four messages of pairing over a connection whose two keys TLS has shown. Nothing else can be said on such a connection.
/// </summary>
internal sealed class PairingConversation(ILinkTransport transport, byte[] joinerPin, byte[] listenerPin)
{
    /// <summary>The joiner's side.</summary>
    /// <returns>Who the listener is.</returns>
    /// <exception cref="PairingRefusedException">The listener refused, or did not prove the secret.</exception>
    /// <exception cref="IOException">The connection broke, or the other side speaks something else.</exception>
    public async Task<PairingPerson> JoinAsync(PairingCode code, PairingPerson self, CancellationToken cancellationToken)
    {
        var hello = new PairingHello(code.OfferId, RandomNumberGenerator.GetBytes(PairingHello.NonceBytes));
        await SendAsync(PairingMessageType.Hello, hello.ToBytes(), cancellationToken);
        if (!PairingChallenge.TryRead(await ReceiveAsync(PairingMessageType.Challenge, cancellationToken), out var challenge))
        {
            throw Malformed();
        }

        if (challenge.Status != PairingStatus.Good)
        {
            throw new PairingRefusedException(challenge.Status);
        }

        var transcript = new PairingTranscript(joinerPin, listenerPin, code.OfferId, hello.Nonce, challenge.Nonce);
        var person = self.ToBytes();
        await SendAsync(PairingMessageType.Claim, [.. transcript.ProveJoiner(code.Secret, person), .. person], cancellationToken);
        var verdict = await ReceiveAsync(PairingMessageType.Verdict, cancellationToken);
        if (verdict.Length < 1)
        {
            throw Malformed();
        }

        if ((PairingStatus)verdict[0] != PairingStatus.Good)
        {
            throw new PairingRefusedException((PairingStatus)verdict[0]);
        }

        if (verdict.Length < 1 + PairingTranscript.ProofBytes)
        {
            throw Malformed();
        }

        var proof = verdict.AsSpan(1, PairingTranscript.ProofBytes);
        var other = verdict.AsSpan(1 + PairingTranscript.ProofBytes);
        if (!CryptographicOperations.FixedTimeEquals(proof, transcript.ProveListener(code.Secret, other)))
        {
            throw new PairingRefusedException(PairingStatus.Wrong);
        }

        return PairingPerson.TryRead(other) ?? throw Malformed();
    }

    /// <summary>The listener's side.</summary>
    /// <param name="offers">The offers made.</param>
    /// <param name="self">Who the listener is.</param>
    /// <param name="store">Stores the trust, durably; called once, after the joiner's proof was found good.</param>
    /// <param name="cancellationToken">Ends the attempt, which counts as a failure.</param>
    /// <returns>How it ended.</returns>
    public async Task<PairingStatus> ListenAsync(
        PairingOffers offers, PairingPerson self, Action<PairingPerson> store, CancellationToken cancellationToken)
    {
        if (!PairingHello.TryRead(await ReceiveAsync(PairingMessageType.Hello, cancellationToken), out var hello))
        {
            throw Malformed();
        }

        var status = offers.Look(hello.OfferId);
        var nonce = status == PairingStatus.Good ? RandomNumberGenerator.GetBytes(PairingHello.NonceBytes) : new byte[PairingHello.NonceBytes];
        await SendAsync(PairingMessageType.Challenge, new PairingChallenge(status, nonce).ToBytes(), cancellationToken);
        if (status != PairingStatus.Good)
        {
            return status;
        }

        byte[] claim;
        try
        {
            claim = await ReceiveAsync(PairingMessageType.Claim, cancellationToken);
        }
        catch
        {
            offers.CountFailure(hello.OfferId);
            throw;
        }

        var transcript = new PairingTranscript(joinerPin, listenerPin, hello.OfferId, hello.Nonce, nonce);
        status = Judge(offers, transcript, claim, store, out var secret);
        var person = self.ToBytes();
        await SendAsync(
            PairingMessageType.Verdict,
            status == PairingStatus.Good ? [(byte)status, .. transcript.ProveListener(secret, person), .. person] : [(byte)status],
            cancellationToken);
        return status;
    }

    private static PairingStatus Judge(
        PairingOffers offers, PairingTranscript transcript, byte[] claim, Action<PairingPerson> store, out byte[] secret)
    {
        secret = [];
        var proof = claim.AsMemory(0, Math.Min(claim.Length, PairingTranscript.ProofBytes));
        var person = claim.AsMemory(proof.Length);
        var status = offers.TryTake(transcript.OfferId, proof.Span, known => transcript.ProveJoiner(known, person.Span), out secret);
        if (status != PairingStatus.Good)
        {
            return status;
        }

        bool stored = false;
        try
        {
            if (PairingPerson.TryRead(person.Span) is { } joiner)
            {
                store(joiner);
                stored = true;
            }

            return stored ? PairingStatus.Good : PairingStatus.Wrong;
        }
        catch (TrustException)
        {
            // The store has said so in the log; the joiner hears that it was not its fault, and the code stays good.
            return PairingStatus.StoreFailed;
        }
        finally
        {
            offers.Settle(transcript.OfferId, stored);
        }
    }

    private static IOException Malformed() => new("The other side does not speak the pairing protocol.");

    private async Task SendAsync(PairingMessageType type, byte[] payload, CancellationToken cancellationToken)
    {
        var bytes = new byte[PairingMessage.SizeBytes + payload.Length];
        new PairingMessage(PairingMessage.CurrentVersion, type, payload.Length).Write(bytes);
        payload.CopyTo(bytes, PairingMessage.SizeBytes);
        await transport.SendAsync(bytes, cancellationToken);
    }

    private async Task<byte[]> ReceiveAsync(PairingMessageType type, CancellationToken cancellationToken)
    {
        var header = await FillAsync(PairingMessage.SizeBytes, cancellationToken);
        if (!PairingMessage.TryRead(header, out var message))
        {
            throw Malformed();
        }

        if (message.Version != PairingMessage.CurrentVersion)
        {
            throw new PairingRefusedException(PairingStatus.OtherVersion);
        }

        return message.Type == type ? await FillAsync(message.PayloadLength, cancellationToken) : throw Malformed();
    }

    private async Task<byte[]> FillAsync(int lengthBytes, CancellationToken cancellationToken)
    {
        var bytes = new byte[lengthBytes];
        for (int filled = 0; filled < lengthBytes;)
        {
            int received = await transport.ReceiveAsync(bytes.AsMemory(filled), cancellationToken);
            filled += received > 0 ? received : throw new EndOfStreamException("The other side hung up while pairing.");
        }

        return bytes;
    }
}
