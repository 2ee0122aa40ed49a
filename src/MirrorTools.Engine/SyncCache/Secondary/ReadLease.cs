namespace MirrorTools.Engine.SyncCache.Secondary;

/// <summary>
/// A secondary's leave to serve reads (S-8): it counts from when it asked, the primary from when it answered, so that it always ends here first. Asked for again long before that.
/// </summary>
/// <param name="core">This node.</param>
/// <param name="ask">Asks the primary, with a number that its answer repeats.</param>
internal sealed class ReadLease(SyncCore core, Action<ulong> ask)
{
    private ulong _lastAsk;
    private long _askedAt;
    private long _until;

    /// <summary>True where reads may be served at this instant. From any thread.</summary>
    public bool IsHeld => core.Time.GetTimestamp() < Volatile.Read(ref _until) || core.Parts.Faults.IgnoreLease;

    /// <summary>Asks for it; one question counts at a time.</summary>
    public void Ask()
    {
        _askedAt = core.Time.GetTimestamp();
        ask(++_lastAsk);
    }

    /// <summary>The primary has answered.</summary>
    /// <param name="answered">The question.</param>
    /// <param name="leaseMs">For how long, from when it was asked.</param>
    public void OnGranted(ulong answered, uint leaseMs)
    {
        if (answered == _lastAsk)
        {
            // The two clocks need not run equally fast: a hundredth is kept back.
            Volatile.Write(ref _until, _askedAt + (long)(leaseMs * 0.99 / 1000 * core.Time.TimestampFrequency));
        }
    }

    /// <summary>No reads any more.</summary>
    public void End() => Volatile.Write(ref _until, 0);
}
