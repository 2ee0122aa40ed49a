using System.Collections.Concurrent;

namespace MirrorTools.Agent.Logging;

/// <summary>Logs to <c>agent.log</c> in a directory, a JSON object per line; full files are kept as <c>agent.1.log</c> and so on, up to a number.</summary>
internal sealed class JsonFileLoggerProvider : ILoggerProvider
{
    private readonly RotatingFile _file;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, JsonFileLogger> _loggers = new();

    public JsonFileLoggerProvider(string directory, TimeProvider time)
    {
        _file = new RotatingFile(directory, "agent", maxFileBytes: 16 << 20, keptFiles: 4);
        _time = time;
    }


    public ILogger CreateLogger(string categoryName) => _loggers.GetOrAdd(categoryName, name => new JsonFileLogger(name, _file, _time));


    public void Dispose() => _file.Dispose();
}
