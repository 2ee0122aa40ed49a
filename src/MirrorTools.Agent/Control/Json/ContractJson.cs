using System.Runtime.Serialization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace MirrorTools.Agent.Control.Json;

/// <summary>
/// System.Text.Json over the data contracts, so that what it writes is what <see cref="System.Runtime.Serialization.Json.DataContractJsonSerializer"/> reads, and the other
/// way round: names from the contract, absent members for null, unknown members ignored.
/// </summary>
public static class ContractJson
{
    /// <summary>The options of the control API, and of what agents ask each other.</summary>
    public static JsonSerializerOptions Options { get; } = Configure(new JsonSerializerOptions());

    /// <summary>Sets options to the rules of the contracts.</summary>
    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = 16;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { UseContractNames } };
        return options;
    }

    private static void UseContractNames(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            var member = property.AttributeProvider?.GetCustomAttributes(typeof(DataMemberAttribute), inherit: true).OfType<DataMemberAttribute>().FirstOrDefault();
            if (member?.Name is { } name)
            {
                property.Name = name;
            }
        }
    }
}
