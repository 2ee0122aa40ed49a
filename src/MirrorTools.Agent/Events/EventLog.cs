using System.Runtime.CompilerServices;
using MirrorTools.Agent.State;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Events;

namespace MirrorTools.Agent.Events;

/// <summary>What happened on this agent: kept in bounded files that survive a kill, listed and followed by admins, and passed to the logger.</summary>
public sealed partial class EventLog : IDisposable
{
    private const long MaxFileBytes = 4 << 20;
    private const int KeptFiles = 8;
    private const int FollowBatch = 256;

    private readonly Lock _gate = new();
    private readonly EventFiles _files;
    private readonly string _agentName;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Opens the log of a state directory.</summary>
    public EventLog(StatePaths paths, string agentName, TimeProvider time, ILogger<EventLog> logger)
        : this(paths.Events, agentName, time, logger, MaxFileBytes, KeptFiles)
    {
    }

    internal EventLog(string directory, string agentName, TimeProvider time, ILogger<EventLog> logger, long maxFileBytes, int keptFiles)
    {
        (_agentName, _time, _logger) = (agentName, time, logger);
        _files = new EventFiles(directory, maxFileBytes, keptFiles);
        if (_files.DamagedLines > 0)
        {
            Write(EventKinds.EventsDamaged, null, null, ("lines", $"{_files.DamagedLines}"));
        }
    }

    /// <summary>Adds an event. A disk that is full costs the event, with a line in the log, and nothing else.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="pair">The pair it is about.</param>
    /// <param name="actor">Who asked for it; null where the agent acted by itself.</param>
    /// <param name="arguments">The template's arguments.</param>
    public void Write(EventKind kind, EventPair? pair, string? actor, params ReadOnlySpan<(string Name, string Value)> arguments)
    {
        var byName = new Dictionary<string, string>(arguments.Length);
        foreach (var (name, value) in arguments)
        {
            byName[name] = value;
        }

        EventRecord record;
        TaskCompletionSource arrived;
        lock (_gate)
        {
            record = new EventRecord(
                _files.NewestId + 1, WireTime.Write(_time.GetUtcNow()), kind.Level.ToString(), kind.Name, pair?.Name, pair?.Id.ToString(), actor, byName);
            try
            {
                _files.Append(record, isDurable: kind.Level != EventLevel.Information);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
            {
                LogLost(kind.Name, error);
                return;
            }

            (arrived, _arrived) = (_arrived, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        Log(kind.Level, kind.Name, record.ToInfo(_agentName).Message);
        arrived.SetResult();
    }

    /// <summary>A page of events after an id; the newest ones without one.</summary>
    public EventList List(long? after, int take)
    {
        lock (_gate)
        {
            var records = _files.ReadAfter(after ?? Math.Max(0, _files.NewestId - take), take);
            return new EventList
            {
                Items = records.ConvertAll(record => record.ToInfo(_agentName)),
                OldestId = _files.OldestId,
                NewestId = _files.NewestId,
            };
        }
    }

    /// <summary>The events after an id, then new ones as they happen; without end.</summary>
    public async IAsyncEnumerable<EventInfo> FollowAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrival;
            List<EventRecord> records;
            lock (_gate)
            {
                arrival = _arrived.Task;
                records = _files.NewestId > after ? _files.ReadAfter(after, FollowBatch) : [];
            }

            foreach (var record in records)
            {
                after = record.Id;
                yield return record.ToInfo(_agentName);
            }

            if (records.Count == 0)
            {
                await arrival.WaitAsync(cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _files.Dispose();
        }
    }

    private void Log(EventLevel level, string name, string message)
    {
        switch (level)
        {
            case EventLevel.Information: LogInformation(name, message); break;
            case EventLevel.Warning: LogWarning(name, message); break;
            default: LogError(name, message); break;
        }
    }

    [LoggerMessage(200, LogLevel.Information, "{Event}: {Sentence}")]
    private partial void LogInformation(string @event, string sentence);

    [LoggerMessage(201, LogLevel.Warning, "{Event}: {Sentence}")]
    private partial void LogWarning(string @event, string sentence);

    [LoggerMessage(202, LogLevel.Error, "{Event}: {Sentence}")]
    private partial void LogError(string @event, string sentence);

    [LoggerMessage(203, LogLevel.Error, "The event {Event} can't be kept")]
    private partial void LogLost(string @event, Exception error);
}
