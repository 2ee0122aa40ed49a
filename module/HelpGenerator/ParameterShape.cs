using System.Reflection;

namespace MirrorTools.HelpGenerator;

/// <summary>A parameter in one parameter set.</summary>
internal sealed record ParameterShape(
    string Name, string Set, string TypeName, bool IsSwitch, bool IsMandatory, int? Position, string Pipeline, bool TakesWildcards, bool IsCommon)
{
    private const string SwitchTypeName = "SwitchParameter";

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>A property's parameters, one per set it is in; none where it is not a parameter.</summary>
    public static IEnumerable<ParameterShape> Of(PropertyInfo property)
    {
        var attributes = property.CustomAttributes.ToList();
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        foreach (var parameter in attributes.Where(attribute => attribute.AttributeType.Name == "ParameterAttribute"))
        {
            yield return new ParameterShape(
                property.Name,
                CmdletShape.Named(parameter, "ParameterSetName") as string ?? "__AllParameterSets",
                ShortName(type),
                type.Name == SwitchTypeName,
                CmdletShape.Named(parameter, "Mandatory") is true,
                CmdletShape.Named(parameter, "Position") as int?,
                PipelineOf(parameter),
                attributes.Any(attribute => attribute.AttributeType.Name == "SupportsWildcardsAttribute"),
                IsCommon: false)
            {
                Aliases = TextsOf(attributes, "AliasAttribute"),
                Values = (type.IsArray ? type.GetElementType()! : type) is { IsEnum: true } names
                    ? Enum.GetNames(names)
                    : TextsOf(attributes, "ValidateSetAttribute"),
            };
        }
    }

    /// <summary>A parameter that PowerShell adds.</summary>
    public static ParameterShape Common(string name) =>
        new(name, "__AllParameterSets", SwitchTypeName, true, false, null, "False", false, IsCommon: true);

    private static string ShortName(Type type) => type.IsArray ? ShortName(type.GetElementType()!) + "[]" : type.Name switch
    {
        "Int64" => "Long",
        "Int32" => "Int",
        var name => name,
    };

    private static string PipelineOf(CustomAttributeData parameter)
    {
        var ways = new[] { ("ValueFromPipeline", "ByValue"), ("ValueFromPipelineByPropertyName", "ByPropertyName") }
            .Where(way => CmdletShape.Named(parameter, way.Item1) is true)
            .Select(way => way.Item2)
            .ToList();
        return ways.Count == 0 ? "False" : $"True ({string.Join(", ", ways)})";
    }

    private static List<string> TextsOf(IEnumerable<CustomAttributeData> attributes, string name) => attributes
        .Where(attribute => attribute.AttributeType.Name == name)
        .SelectMany(attribute => (IEnumerable<CustomAttributeTypedArgument>)attribute.ConstructorArguments[0].Value!)
        .Select(argument => (string)argument.Value!)
        .ToList();
}
