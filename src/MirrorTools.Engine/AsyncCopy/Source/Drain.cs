using System.Buffers;
using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>
/// Sends what is out of sync, all the time. A grain that is taken is in <c>sent</c> until site 2 has it durably, and is not taken a second time before. In Normal its mark
/// is cleared before it is read, so that a write meanwhile marks it again; during an increment, when nothing is marked, it is cleared after it was read, so that writes wait for the read.
/// On the pair's scheduler; only device I/O leaves it.
/// </summary>
internal sealed class Drain
{
    private const int MaximumSteps = 32;

    private readonly AsyncMaps _maps;
    private readonly KeptImages _kept;
    private readonly CopyStorages _storages;
    private readonly GrainSender _sender = new();
    private readonly List<CopyRun> _reading = [];
    private readonly DrainScan _scan;
    private long _windowUsed;
    private int _era;
    private int _session;
    private bool _failed;
    private bool _pumping;

    public Drain(AsyncMaps maps, KeptImages kept, IBlockDevice volume, TimeProvider time, MirrorOptions options)
    {
        (_maps, _kept) = (maps, kept);
        _scan = new DrainScan(maps, kept, grain => IsBeingKept(grain));
        _storages = new CopyStorages(maps.Geometry, volume, null, time) { Hung = (part, exception) => Failed?.Invoke(part, exception) };
        Options = options;
    }

    /// <summary>The options in force.</summary>
    public MirrorOptions Options
    {
        get;
        set
        {
            field = value;
            _storages.Deadline = value.LocalDeadline;
        }
    }

    /// <summary>What is sent belongs to this point .</summary>
    public ulong Point { get; set; }

    /// <summary>True while nothing is taken: mirroring is suspended, or a point is being taken.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Raised after something was read, sent or acknowledged.</summary>
    public Action? Progressed { get; set; }

    /// <summary>Raised when a storage failed: which one, and how.</summary>
    public Action<CopyFault, Exception>? Failed { get; set; }

    /// <summary>True for grains whose old image is being kept aside: they are not taken meanwhile.</summary>
    public Func<long, bool> IsBeingKept { get; set; } = static _ => false;

    /// <inheritdoc cref="GrainSender.Channel"/>
    public IPeerChannel? Channel => _sender.Channel;

    /// <inheritdoc cref="GrainSender.SentBytes"/>
    public long SentBytes => _sender.SentBytes;

    /// <inheritdoc cref="GrainSender.SentGrains"/>
    public long SentGrains => _sender.SentGrains;

    /// <summary>True where nothing is on its way and nothing is out of sync.</summary>
    public bool IsDrained => _reading.Count == 0 && _sender.Unacknowledged.Count == 0 && _scan.IsEmpty;

    /// <summary>True where the drain is reading the grain.</summary>
    public bool IsReading(long grain)
    {
        GrainRange one = new(grain, 1);
        return _reading.Exists(run => run.Overlaps(one));
    }

    /// <summary>Something is out of sync: from any thread.</summary>
    /// <returns>True where the drain sleeps and is to be pumped.</returns>
    public bool Wakes() => _scan.Wakes();

    /// <summary>The link is up.</summary>
    public void Attach(IPeerChannel channel)
    {
        _session++;
        _failed = false;
        _sender.Attach(channel);
        Pump();
    }

    /// <summary>The link is down: what was not acknowledged is out of sync again .</summary>
    public void Detach(bool forgetsSent = false)
    {
        _session++;
        _sender.Detach();
        _sender.Stop();
        _reading.Clear();
        if (!forgetsSent)
        {
            _maps.PutBackSent();
        }
    }

    /// <summary>
    /// The gate is closed, and an increment begins or has ended: what is being read was taken under other rules. It counts as not read, and is out of sync.
    /// </summary>
    public void BeginEra()
    {
        _era++;
        _scan.ForgetDemands();
        foreach (CopyRun run in _reading)
        {
            _maps.Unsync(run.Grains);
        }
    }

    /// <summary>A host waits for these grains: they go to the front.</summary>
    public void Demand(GrainRange grains)
    {
        _scan.Demand(grains);
        Pump();
    }

    /// <summary>Site 2 has a run durably.</summary>
    /// <returns>False where it was not awaited.</returns>
    public bool Acknowledged(GrainRange grains)
    {
        if (!_sender.Awaits(grains))
        {
            return false;
        }

        _sender.Acknowledged(grains);
        _maps.Sent.ClearRange(grains);
        _maps.Touched(grains);
        Progressed?.Invoke();
        Pump();
        return true;
    }

    /// <summary>Starts as many steps as the window takes.</summary>
    public void Pump()
    {
        if (_pumping || IsPaused || _failed)
        {
            return;
        }

        _pumping = true;
        try
        {
            while (Channel is { } channel && !_failed && NextRun() is { } run)
            {
                _maps.Take(run.Grains, out int skip, out int part);
                (run.SkipBytes, run.PartBytes) = (skip, part);
                _reading.Add(run);
                _ = SendAsync(channel, run, _era, _session);
            }
        }
        finally
        {
            _pumping = false;
        }
    }

    private CopyRun? NextRun() =>
        _scan.NextDemanded()
        ?? (_reading.Count >= MaximumSteps || _windowUsed >= Options.WindowBytes || _reading.Count + _sender.Unacknowledged.Count >= Options.MaximumUnacknowledged
            ? null
            : _scan.Next(Options.RunBytes));

    private async Task SendAsync(IPeerChannel channel, CopyRun run, int era, int session)
    {
        byte[]? buffer = null;
        int reserved = 0;
        try
        {
            ReadOnlyMemory<byte> content = default;
            KeptImage? kept = _kept.Find(run.Grains.First);
            if (kept is not null)
            {
                // Its room among the images that are kept is free again before the link has taken it.
                content = kept.Content;
                reserved = content.Length;
                _windowUsed += reserved;
                (run.SkipBytes, run.PartBytes) = (kept.SkipBytes, kept.IsPart ? content.Length : 0);
            }
            else if ((run.IsPart || !await ShortenAsync(run, session)) && session == _session)
            {
                reserved = run.IsPart ? run.PartBytes : (int)_maps.Geometry.LengthOf(run.Grains);
                _windowUsed += reserved;
                buffer = ArrayPool<byte>.Shared.Rent(reserved);
                await _storages.ReadAsync(run, buffer.AsMemory(0, reserved));
                content = buffer.AsMemory(0, reserved);
            }

            if (!run.IsPart && !content.Span.ContainsAnyExcept((byte)0))
            {
                content = default;
            }

            if (!EndReading(run, era, session))
            {
                return;
            }

            if (kept is not null)
            {
                _kept.Drop(run.Grains.First);
            }

            Task sent = _sender.SendAsync(channel, run, Point, content);
            Progressed?.Invoke();
            await sent;
        }
        catch (Exception exception) when (exception is LinkClosedException or OperationCanceledException)
        {
            // The session's own flow notices, and puts back what was sent.
        }
        catch (Exception exception)
        {
            // The pair is about to be suspended; steps that fail at once would otherwise follow each other without an end.
            _failed = true;
            EndReading(run, era: -1, session);
            Failed?.Invoke(CopyFault.Source, exception);
        }
        finally
        {
            _windowUsed -= reserved;
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            Progressed?.Invoke();
            Pump();
        }
    }

    // False where what was read is not to be sent: its marks are put back, unless the link's end did that already.
    private bool EndReading(CopyRun run, int era, int session)
    {
        _reading.Remove(run);
        if (session != _session)
        {
            return false;
        }

        if (era != _era)
        {
            _maps.Unsync(run.Grains);
            _maps.Sent.ClearRange(run.Grains);
            return false;
        }

        if (_maps.ChangeRecording is not null)
        {
            _maps.OutOfSync.ClearRange(run.Grains);
            _maps.Kept.ClearRange(run.Grains);
        }

        return true;
    }

    // What a run loses by being cut shorter is out of sync again: in one step, or a point that is taken in between would miss it.
    private async Task<bool> ShortenAsync(CopyRun run, int session)
    {
        GrainRange whole = run.Grains;
        CopyRun shorter = new(whole, fromB: false, needsC: true);
        bool zeros = await _storages.ShortenAsync(shorter, Options.RunBytes);
        run.Grains = shorter.Grains;
        if (run.Grains.Count < whole.Count && session == _session)
        {
            GrainRange rest = new(run.Grains.End, whole.End - run.Grains.End);
            _maps.Unsync(rest);
            _maps.Sent.ClearRange(rest);
            _scan.ComeBackTo(rest.First);
        }

        return zeros;
    }
}
