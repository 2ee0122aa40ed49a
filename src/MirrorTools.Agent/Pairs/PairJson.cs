using System.Text.Json;
using System.Text.Json.Serialization;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>The JSON of definitions in metadata files and of what agents ask each other about pairs.</summary>
internal static class PairJson
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 16,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Format);

    public static T Read<T>(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json.Span, Format) ?? throw new JsonException("The JSON is null.");
        }
        catch (JsonException error)
        {
            throw new ControlException(ErrorIds.PeerVersionNotSupported, $"What the other agent sent is no {typeof(T).Name}: {error.Message}", null, error);
        }
    }

    /// <summary>The definition as the metadata files keep it.</summary>
    public static byte[] WriteDefinition(PairDefinition definition)
    {
        var json = Write(definition);
        return json.Length <= PairRecord.MaximumDefinitionBytes
            ? json
            : throw new ControlException(
                ErrorIds.InvalidArgument, $"The pair's paths and settings take {json.Length} bytes; {PairRecord.MaximumDefinitionBytes} is the most. Use shorter paths.", definition.Name);
    }
}
