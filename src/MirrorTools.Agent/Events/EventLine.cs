using System.Globalization;
using System.Text;
using System.Text.Json;
using MirrorTools.Engine.Journal;

namespace MirrorTools.Agent.Events;

/// <summary>
/// A line of the event log (docs/formats/state-directory.md):
/// <code>
/// crc32c of the JSON, 8 hex digits | space | JSON of the record | line feed
/// </code>
/// </summary>
internal static class EventLine
{
    public const int MaxBytes = 64 << 10;
    private const int ChecksumChars = 8;
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public static byte[] Write(EventRecord record)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(record, Format);
        var line = new byte[ChecksumChars + 1 + json.Length + 1];
        Encoding.ASCII.GetBytes(Crc32C.Compute(json).ToString("x8", CultureInfo.InvariantCulture), line);
        line[ChecksumChars] = (byte)' ';
        json.CopyTo(line, ChecksumChars + 1);
        line[^1] = (byte)'\n';
        return line;
    }

    /// <summary>The record of a line without its line feed; null where it is torn or damaged.</summary>
    public static EventRecord? TryRead(ReadOnlySpan<byte> line)
    {
        if (line.Length <= ChecksumChars + 1 || line.Length > MaxBytes
            || !uint.TryParse(line[..ChecksumChars], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)
            || Crc32C.Compute(line[(ChecksumChars + 1)..]) != checksum)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<EventRecord>(line[(ChecksumChars + 1)..], Format);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
