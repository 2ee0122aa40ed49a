using System.Text.Json;
using MirrorTools.Agent.Hosting;

namespace MirrorTools.Agent.State;

/// <summary>A small list of records in one file that is replaced whole at each change. The file names its version; a later one is refused and not overwritten.</summary>
/// <typeparam name="T">A record that JSON can hold.</typeparam>
/// <param name="path">The file.</param>
internal sealed class JsonTable<T>(string path)
{
    private const int Version = 1;
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The records; none where there is no file.</summary>
    /// <exception cref="AgentStartException">The file is there and can't be understood.</exception>
    public List<T> Load()
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            var content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), Format);
            return content is { Version: Version, Items: { } items }
                ? items
                : throw new AgentStartException($"'{path}' has the version {content?.Version}; this agent reads {Version}. Update the agent.");
        }
        catch (JsonException error)
        {
            throw new AgentStartException($"'{path}' can't be understood: {error.Message} Move it away; docs/formats/state-directory.md says what is lost.", error);
        }
    }

    /// <summary>Replaces the file.</summary>
    public void Save(IReadOnlyCollection<T> items) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(new Content(Version, [.. items]), Format));

    private sealed record Content(int Version, List<T>? Items);
}
