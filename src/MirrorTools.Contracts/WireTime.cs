using System.Globalization;

namespace MirrorTools.Contracts;

/// <summary>How instants are written on the wire: ISO 8601 in UTC with seven decimals, such as <c>2026-02-03T04:05:06.7890000Z</c>.</summary>
public static class WireTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    /// <summary>Writes an instant.</summary>
    /// <param name="instant">The instant, of any offset.</param>
    public static string Write(DateTimeOffset instant) => instant.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Writes an instant that may be absent.</summary>
    /// <param name="instant">The instant, of any offset.</param>
    public static string? Write(DateTimeOffset? instant) => instant is { } value ? Write(value) : null;

    /// <summary>Reads an instant; false where the text is not one.</summary>
    /// <param name="text">ISO 8601; taken as UTC where it has no offset.</param>
    /// <param name="instant">The instant in UTC.</param>
    public static bool TryRead(string? text, out DateTimeOffset instant) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant);

    /// <summary>Reads an instant; null where the text is absent or not one.</summary>
    /// <param name="text">ISO 8601; taken as UTC where it has no offset.</param>
    public static DateTimeOffset? Read(string? text) => TryRead(text, out var instant) ? instant : null;
}
