using System.Reflection;

namespace MirrorTools.HelpGenerator;

/// <summary>A cmdlet as its attributes declare it. The attributes are read as data: the library that they come from here is a stub.</summary>
internal sealed class CmdletShape
{
    private const string AllSets = "__AllParameterSets";

    private CmdletShape(Type type, CustomAttributeData cmdlet)
    {
        Name = $"{cmdlet.ConstructorArguments[0].Value}-{cmdlet.ConstructorArguments[1].Value}";
        Parameters = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .SelectMany(property => ParameterShape.Of(property))
            .ToList();
        if (Named(cmdlet, "SupportsShouldProcess") is true)
        {
            Parameters.AddRange([ParameterShape.Common("WhatIf"), ParameterShape.Common("Confirm")]);
        }

        DefaultSet = Named(cmdlet, "DefaultParameterSetName") as string;
        OutputTypes = type.CustomAttributes
            .Where(attribute => attribute.AttributeType.Name == "OutputTypeAttribute")
            .SelectMany(attribute => attribute.ConstructorArguments)
            .SelectMany(argument => argument.Value is IReadOnlyCollection<CustomAttributeTypedArgument> several ? several : [argument])
            .Select(argument => argument.Value)
            .OfType<Type>()
            .Select(output => output.FullName!)
            .Distinct()
            .ToList();
    }

    public string Name { get; }

    public string? DefaultSet { get; }

    public List<ParameterShape> Parameters { get; }

    public List<string> OutputTypes { get; }

    /// <summary>The names of the parameter sets, the default one first.</summary>
    public IEnumerable<string> Sets
    {
        get
        {
            var named = Parameters.Select(parameter => parameter.Set).Where(set => set != AllSets).Distinct().ToList();
            return named.Count == 0 ? [AllSets] : named.OrderBy(set => set == DefaultSet ? 0 : 1);
        }
    }

    /// <summary>All cmdlets of an assembly.</summary>
    public static IEnumerable<CmdletShape> In(Assembly assembly) => assembly.GetExportedTypes()
        .Select(type => (Type: type, Cmdlet: type.CustomAttributes.FirstOrDefault(attribute => attribute.AttributeType.Name == "CmdletAttribute")))
        .Where(found => found.Cmdlet is not null)
        .Select(found => new CmdletShape(found.Type, found.Cmdlet!))
        .OrderBy(shape => shape.Name, StringComparer.Ordinal);

    /// <summary>The parameters of a set, those with a position first.</summary>
    public IEnumerable<ParameterShape> InSet(string set) => Parameters
        .Where(parameter => parameter.Set == set || parameter.Set == AllSets)
        .OrderBy(parameter => parameter.Position ?? int.MaxValue)
        .ThenBy(parameter => parameter.IsCommon ? 2 : parameter.IsMandatory ? 0 : 1);

    internal static object? Named(CustomAttributeData attribute, string name) =>
        attribute.NamedArguments.FirstOrDefault(argument => argument.MemberName == name).TypedValue.Value;
}
