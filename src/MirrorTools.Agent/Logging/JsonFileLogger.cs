using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace MirrorTools.Agent.Logging;

/// <summary>Writes one category's entries: time, level, event id, category, message, the message's values by name, and the exception.</summary>
internal sealed class JsonFileLogger(string category, RotatingFile file, TimeProvider time) : ILogger
{
    private static readonly JsonWriterOptions Format = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Format))
        {
            json.WriteStartObject();
            json.WriteString("time", Contracts.WireTime.Write(time.GetUtcNow()));
            json.WriteString("level", logLevel.ToString());
            json.WriteNumber("eventId", eventId.Id);
            if (eventId.Name is not null)
            {
                json.WriteString("event", eventId.Name);
            }

            json.WriteString("category", category);
            json.WriteString("message", formatter(state, exception));
            WriteValues(json, state);
            if (exception is not null)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        file.WriteLine(buffer.WrittenSpan);
    }

    private static void WriteValues<TState>(Utf8JsonWriter json, TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> values || values.Count <= 1)
        {
            return;
        }

        json.WriteStartObject("values");
        foreach (var (name, value) in values)
        {
            if (name != "{OriginalFormat}")
            {
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
            }
        }

        json.WriteEndObject();
    }
}
