using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MirrorTools.Agent.Hosting;

/// <summary>The configuration file: JSON with comments, the options of <c>run</c> by their long names in camelCase.</summary>
internal static class ConfigFile
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter() },
    };

    public static AgentSettings Apply(string path, AgentSettings settings)
    {
        try
        {
            var content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), Format) ?? new Content();
            return settings with
            {
                ConfigPath = path,
                Name = content.Name ?? settings.Name,
                LinkEndPoints = content.Listen?.Select(EndPoint).ToList() ?? settings.LinkEndPoints,
                AdvertisedAddresses = content.Advertise ?? settings.AdvertisedAddresses,
                ApiPort = content.ApiPort ?? settings.ApiPort,
                Compression = content.Compress ?? settings.Compression,
                LogLevel = content.LogLevel ?? settings.LogLevel,
                ParentProcessId = content.ParentPid ?? settings.ParentProcessId,
            };
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            // A misspelt name is an error too, since silence would leave a default in its place.
            throw new AgentStartException($"The configuration file '{path}' can't be understood: {error.Message}", error);
        }
    }

    private static IPEndPoint EndPoint(string text) => IPEndPoint.TryParse(text, out var address) && text.Contains(':', StringComparison.Ordinal)
        ? address
        : throw new FormatException($"'listen' takes addresses such as 0.0.0.0:7400, not '{text}'.");

    private sealed class Content
    {
        public string? Name { get; set; }

        public List<string>? Listen { get; set; }

        public List<string>? Advertise { get; set; }

        public int? ApiPort { get; set; }

        public bool? Compress { get; set; }

        public LogLevel? LogLevel { get; set; }

        public int? ParentPid { get; set; }
    }
}
