using System.Xml.Linq;

namespace MirrorTools.HelpGenerator;

/// <summary>Writes what Get-Help reads.</summary>
internal static class MamlWriter
{
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static XDocument Write(IEnumerable<(CmdletShape Shape, HelpPage Page)> cmdlets) => new(
        new XElement("helpItems", new XAttribute("schema", "maml"), cmdlets.Select(cmdlet => WriteCommand(cmdlet.Shape, cmdlet.Page))));

    private static XElement WriteCommand(CmdletShape shape, HelpPage page)
    {
        var words = shape.Name.Split('-');
        return new XElement(
            Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(
                Command + "details",
                new XElement(Command + "name", shape.Name),
                new XElement(Command + "verb", words[0]),
                new XElement(Command + "noun", words[1]),
                Paragraphs(Maml + "description", [page.Synopsis])),
            Paragraphs(Maml + "description", page.Description),
            new XElement(Command + "syntax", shape.Sets.Select(set => Syntax(shape, set, page))),
            new XElement(Command + "parameters", shape.Parameters.DistinctBy(parameter => parameter.Name).Select(parameter => Parameter(parameter, page))),
            new XElement(Command + "returnValues", shape.OutputTypes.Select(type => ReturnValue(type, page))),
            new XElement(Maml + "alertSet", new XElement(Maml + "alert", page.Errors.Where(line => line.Length > 0).Select(line => Paragraph("Error: " + line.TrimStart('-', ' '))))),
            new XElement(Command + "examples", page.Examples.Select(Example)),
            new XElement(Command + "relatedLinks", page.SeeAlso.Where(line => line.Length > 0).Select(Link)));
    }

    private static XElement Syntax(CmdletShape shape, string set, HelpPage page) => new(
        Command + "syntaxItem", new XElement(Maml + "name", shape.Name), shape.InSet(set).Select(parameter => Parameter(parameter, page)));

    private static XElement Parameter(ParameterShape shape, HelpPage page) => new(
        Command + "parameter",
        new XAttribute("required", Lower(shape.IsMandatory)),
        new XAttribute("globbing", Lower(shape.TakesWildcards)),
        new XAttribute("pipelineInput", shape.Pipeline),
        new XAttribute("position", shape.Position?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "named"),
        new XAttribute("aliases", shape.Aliases.Count == 0 ? "none" : string.Join(", ", shape.Aliases)),
        new XElement(Maml + "name", shape.Name),
        Paragraphs(Maml + "description", page.Parameters.TryGetValue(shape.Name, out var text) ? text : []),
        shape.Values.Count == 0
            ? null
            : new XElement(Command + "parameterValueGroup", shape.Values.Select(value => new XElement(Command + "parameterValue", new XAttribute("required", "false"), value))),
        shape.IsSwitch ? null : new XElement(Command + "parameterValue", new XAttribute("required", "true"), shape.TypeName),
        new XElement(Dev + "type", new XElement(Maml + "name", shape.TypeName)));

    private static XElement ReturnValue(string type, HelpPage page) => new(
        Command + "returnValue", new XElement(Dev + "type", new XElement(Maml + "name", type)), Paragraphs(Maml + "description", page.Output));

    private static XElement Example(HelpExample example, int index) => new(
        Command + "example",
        new XElement(Maml + "title", $"Example {index + 1}: {example.Title}"),
        new XElement(Dev + "code", string.Join("\n", example.Code)),
        Paragraphs(Dev + "remarks", example.Remarks));

    private static XElement Link(string line) => new(Maml + "navigationLink", new XElement(Maml + "linkText", line.TrimStart('-', ' ')), new XElement(Maml + "uri"));

    private static XElement Paragraphs(XName name, IEnumerable<string> texts) => new(name, texts.Where(text => text.Length > 0).Select(Paragraph));

    private static XElement Paragraph(string text) => new(Maml + "para", text);

    private static string Lower(bool value) => value ? "true" : "false";
}
