using System.Security.Cryptography;

namespace MirrorTools.Agent.Trust;

/// <summary>
/// The offers this agent has made, in memory only: a restart ends them. Settled ones are remembered for a day without their secret, so that a joiner
/// hears why its code does not work.
/// </summary>
internal sealed class PairingOffers(TimeProvider time)
{
    public const int MaxFailures = 5;
    private const int MaxRemembered = 64;
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Offer> _offers = [];

    /// <summary>Whether a pairing connection may have anything to say to this agent.</summary>
    public bool AnyRemembered
    {
        get
        {
            lock (_gate)
            {
                Forget();
                return _offers.Count > 0;
            }
        }
    }

    /// <summary>Makes an offer.</summary>
    public (ulong Id, byte[] Secret, DateTimeOffset ExpiresAt) Add(TimeSpan lifetime)
    {
        lock (_gate)
        {
            Forget();
            MakeRoom();
            ulong id = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
            var offer = new Offer(RandomNumberGenerator.GetBytes(PairingCode.SecretBytes), time.GetUtcNow() + lifetime, time.GetTimestamp(), lifetime);
            _offers.Add(id, offer);
            return (id, offer.Secret, offer.ExpiresAt);
        }
    }

    /// <summary>Whether an offer can be used now.</summary>
    public PairingStatus Look(ulong id)
    {
        lock (_gate)
        {
            return _offers.TryGetValue(id, out var offer) ? StatusOf(offer) : PairingStatus.Wrong;
        }
    }

    /// <summary>Checks a proof. A good one takes the offer, to be settled by <see cref="Settle"/>; a bad one counts against it.</summary>
    /// <param name="id">The offer.</param>
    /// <param name="proof">What the joiner sent.</param>
    /// <param name="prove">Computes what it should have sent.</param>
    /// <param name="secret">The offer's secret, where the proof is good.</param>
    public PairingStatus TryTake(ulong id, ReadOnlySpan<byte> proof, Func<byte[], byte[]> prove, out byte[] secret)
    {
        lock (_gate)
        {
            secret = [];
            if (!_offers.TryGetValue(id, out var offer))
            {
                return PairingStatus.Wrong;
            }

            var status = StatusOf(offer);
            if (status != PairingStatus.Good)
            {
                return status;
            }

            if (!CryptographicOperations.FixedTimeEquals(proof, prove(offer.Secret)))
            {
                return Fail(offer);
            }

            offer.State = PairingOfferState.Storing;
            secret = [.. offer.Secret];
            return PairingStatus.Good;
        }
    }

    /// <summary>An attempt ended without a proof: it counts as a failure, or an attacker could try for ever.</summary>
    public void CountFailure(ulong id)
    {
        lock (_gate)
        {
            if (_offers.TryGetValue(id, out var offer) && StatusOf(offer) == PairingStatus.Good)
            {
                Fail(offer);
            }
        }
    }

    /// <summary>The trust was stored, or could not be: then the offer can be used again.</summary>
    public void Settle(ulong id, bool stored)
    {
        lock (_gate)
        {
            if (_offers.TryGetValue(id, out var offer) && offer.State == PairingOfferState.Storing)
            {
                offer.State = stored ? PairingOfferState.Used : PairingOfferState.Live;
                if (stored)
                {
                    CryptographicOperations.ZeroMemory(offer.Secret);
                }
            }
        }
    }

    /// <summary>Voids an offer that is live; false where it is not.</summary>
    public bool Void(ulong id)
    {
        lock (_gate)
        {
            if (!_offers.TryGetValue(id, out var offer) || StatusOf(offer) != PairingStatus.Good)
            {
                return false;
            }

            End(offer, PairingOfferState.Voided);
            return true;
        }
    }

    private static PairingStatus Fail(Offer offer)
    {
        if (++offer.Failures < MaxFailures)
        {
            return PairingStatus.Wrong;
        }

        End(offer, PairingOfferState.Voided);
        return PairingStatus.Voided;
    }

    private static void End(Offer offer, PairingOfferState state)
    {
        offer.State = state;
        CryptographicOperations.ZeroMemory(offer.Secret);
    }

    private PairingStatus StatusOf(Offer offer)
    {
        // By both clocks: the wall clock can be set back, the monotonic one stands while the machine sleeps.
        if (offer.State == PairingOfferState.Live
            && (time.GetElapsedTime(offer.MadeAt) >= offer.Lifetime || time.GetUtcNow() >= offer.ExpiresAt))
        {
            End(offer, PairingOfferState.Expired);
        }

        return offer.State switch
        {
            PairingOfferState.Live => PairingStatus.Good,
            PairingOfferState.Expired => PairingStatus.Expired,
            PairingOfferState.Voided => PairingStatus.Voided,
            _ => PairingStatus.Used,
        };
    }

    private void Forget()
    {
        foreach (var (id, offer) in _offers.ToList())
        {
            if (time.GetElapsedTime(offer.MadeAt) > Remembered && StatusOf(offer) != PairingStatus.Good)
            {
                _offers.Remove(id);
            }
        }
    }

    private void MakeRoom()
    {
        // The oldest go first; a code that is pushed out this way reads as wrong.
        foreach (var (id, _) in _offers.OrderBy(pair => pair.Value.MadeAt).Take(Math.Max(0, _offers.Count - MaxRemembered + 1)).ToList())
        {
            _offers.Remove(id);
        }
    }

    private sealed class Offer(byte[] secret, DateTimeOffset expiresAt, long madeAt, TimeSpan lifetime)
    {
        public byte[] Secret { get; } = secret;

        public DateTimeOffset ExpiresAt { get; } = expiresAt;

        public long MadeAt { get; } = madeAt;

        public TimeSpan Lifetime { get; } = lifetime;

        public int Failures { get; set; }

        public PairingOfferState State { get; set; } = PairingOfferState.Live;
    }
}
