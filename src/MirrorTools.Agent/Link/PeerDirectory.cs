using MirrorTools.Agent.Trust;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Agent.Link;

/// <summary>
/// The sessions to trusted peers: at most one per peer, whichever side connected. Where two meet, because both sides connected at once, both keep the one
/// that the agent with the smaller id made, and the other one ends when it has answered what was asked on it; a new one by the same side replaces the old, which
/// its maker must have lost.
/// </summary>
public sealed class PeerDirectory
{
    private static readonly TimeSpan RetirementGrace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetirementDeadline = TimeSpan.FromSeconds(60);
    private readonly Lock _gate = new();

    // Taken around a change and its events, so that subscribers see changes in their order; readers take only the inner one.
    private readonly Lock _changes = new();
    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly TrustStore _store;
    private readonly Guid _ownId;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private TaskCompletionSource _changed = NewChange();
    private bool _closed;

    internal PeerDirectory(TrustStore store, Guid ownId, TimeProvider time, ILogger logger) =>
        (_store, _ownId, _time, _logger) = (store, ownId, time, logger);

    /// <summary>Raised when a peer's session has started. Must not block.</summary>
    public event Action<LinkSession>? SessionStarted;

    /// <summary>Raised when a peer's session has ended. Must not block.</summary>
    public event Action<LinkSession>? SessionEnded;

    /// <summary>Raised when a peer can't be connected for a reason that only an admin can change, once until the reason is another one. Must not block.</summary>
    public event Action<Guid, Exception>? Barred;

    /// <summary>The peer's session, or null.</summary>
    public LinkSession? Find(Guid agentId)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(agentId)?.Session is { Failure: null } session ? session : null;
        }
    }

    /// <summary>The peer's session, as soon as there is one.</summary>
    public async Task<LinkSession> WaitAsync(Guid agentId, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (Find(agentId) is { } session)
                {
                    return session;
                }

                changed = _changed.Task;
            }

            await changed.WithDeadline(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        }
    }

    /// <summary>Every trusted peer and how its link is, by name.</summary>
    public IReadOnlyList<PeerStatus> List()
    {
        var peers = _store.List();
        lock (_gate)
        {
            return [.. peers.Select(peer =>
            {
                var entry = EntryOf(peer.AgentId);
                return new PeerStatus(peer.AgentId, peer.Name, entry.Session, entry.Since, entry.LastFailure);
            })];
        }
    }

    /// <summary>Takes a session whose handshake is done, or turns it away; the caller closes what is turned away.</summary>
    /// <param name="session">The session.</param>
    /// <param name="pin">The key that TLS showed: still trusted at this instant, or the session does not come in.</param>
    internal bool TryAdd(LinkSession session, byte[] pin)
    {
        LinkSession? replaced;
        lock (_changes)
        {
            lock (_gate)
            {
                if (_closed || _store.Find(session.PeerAgentId) is not { } peer || peer.Fingerprint != PublicKeyPin.Fingerprint(pin) || session.Failure is not null)
                {
                    return false;
                }

                var entry = EntryOf(session.PeerAgentId);
                replaced = entry.Session;
                if (replaced is { Failure: null } && replaced.IsInitiator != session.IsInitiator && !IsPreferred(session))
                {
                    return false;
                }

                (entry.Session, entry.Since, entry.LastFailure) = (session, _time.GetUtcNow(), null);
                if (replaced is not null)
                {
                    entry.Retired.RemoveAll(old => old.Failure is not null);
                    entry.Retired.Add(replaced);
                }

                Changed();
            }

            if (replaced is not null)
            {
                LinkHostLog.Replaced(_logger, session.SessionId, session.PeerAgentId, replaced.SessionId);
                Replace(replaced, by: session);
                Raise(SessionEnded, replaced);
            }

            Raise(SessionStarted, session);
        }

        _ = WatchAsync(session);
        return true;
    }

    /// <summary>Cuts the peer's session, now.</summary>
    internal void Cut(Guid agentId, string cause)
    {
        lock (_changes)
        {
            List<LinkSession> sessions;
            lock (_gate)
            {
                sessions = [.. _entries.GetValueOrDefault(agentId)?.All ?? []];
            }

            sessions.ForEach(session => session.Cut(cause));
        }
    }

    /// <summary>Notes why the peer could not be connected.</summary>
    internal void NoteFailure(Guid agentId, Exception cause)
    {
        lock (_changes)
        {
            lock (_gate)
            {
                var entry = EntryOf(agentId);
                if (entry.Session is not null)
                {
                    return;
                }

                var isNew = entry.LastFailure?.Message != cause.Message;
                entry.LastFailure = cause;
                if (!isNew || !NeedsAnAdmin(cause))
                {
                    return;
                }
            }

            Raise(() => Barred?.Invoke(agentId, cause), agentId);
        }
    }

    /// <summary>Every session there is; from now on none comes in, such as one that was shaking hands when the stop began.</summary>
    internal IReadOnlyList<LinkSession> Close()
    {
        lock (_gate)
        {
            _closed = true;
            return [.. _entries.Values.SelectMany(entry => entry.All)];
        }
    }

    private static bool NeedsAnAdmin(Exception cause) =>
        cause is LinkClosedException { IsTransient: false } or TrustException { ErrorId: TrustErrorId.FingerprintMismatch };

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool IsPreferred(LinkSession session) => session.IsInitiator == (_ownId.CompareTo(session.PeerAgentId) < 0);

    // Where both sides connected at once the one that goes is as good as the one that stays, and may have been asked something already.
    private static void Replace(LinkSession replaced, LinkSession by)
    {
        if (replaced.IsInitiator == by.IsInitiator)
        {
            replaced.Cut("Another session with the same agent replaces this one.");
        }
        else
        {
            _ = replaced.RetireAsync(RetirementGrace, RetirementDeadline);
        }
    }

    private async Task WatchAsync(LinkSession session)
    {
        await session.Completion;
        lock (_changes)
        {
            lock (_gate)
            {
                var entry = EntryOf(session.PeerAgentId);
                if (entry.Session != session)
                {
                    return;
                }

                (entry.Session, entry.Since, entry.LastFailure) = (null, _time.GetUtcNow(), session.Failure);
                Changed();
            }

            Raise(SessionEnded, session);
        }
    }

    private void Changed()
    {
        _changed.TrySetResult();
        _changed = NewChange();
    }

    private Entry EntryOf(Guid agentId)
    {
        if (!_entries.TryGetValue(agentId, out var entry))
        {
            _entries[agentId] = entry = new Entry { Since = _time.GetUtcNow() };
        }

        return entry;
    }

    private void Raise(Action<LinkSession>? subscribers, LinkSession session) => Raise(() => subscribers?.Invoke(session), session.PeerAgentId);

    private void Raise(Action tell, Guid agentId)
    {
        try
        {
            tell();
        }
        catch (Exception error)
        {
            LinkHostLog.SubscriberFailed(_logger, error, agentId);
        }
    }

    private sealed class Entry
    {
        public LinkSession? Session { get; set; }

        public DateTimeOffset Since { get; set; }

        public Exception? LastFailure { get; set; }

        /// <summary>Sessions that were replaced and may still answer something.</summary>
        public List<LinkSession> Retired { get; } = [];

        public IEnumerable<LinkSession> All => Session is null ? Retired : Retired.Append(Session);
    }
}
