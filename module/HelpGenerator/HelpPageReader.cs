using System.Text.RegularExpressions;

namespace MirrorTools.HelpGenerator;

/// <summary>Reads the Markdown of a page: a title, a synopsis, and the sections it knows.</summary>
internal static partial class HelpPageReader
{
    public static HelpPage Read(string path)
    {
        var page = new HelpPage { Name = Path.GetFileNameWithoutExtension(path) };
        var section = "";
        List<string>? paragraphs = null;
        HelpExample? example = null;
        var inCode = false;
        foreach (var line in File.ReadLines(path))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inCode = !inCode;
            }
            else if (inCode)
            {
                (example ?? throw Unexpected(path, line)).Code.Add(line);
            }
            else if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = line[3..].Trim();
                paragraphs = SectionOf(page, section) ?? (section is "Parameters" or "Examples" ? null : throw Unexpected(path, line));
            }
            else if (line.StartsWith("### ", StringComparison.Ordinal) && section == "Parameters")
            {
                paragraphs = page.Parameters[line[4..].Trim().TrimStart('-')] = [];
            }
            else if (line.StartsWith("### ", StringComparison.Ordinal) && section == "Examples")
            {
                page.Examples.Add(example = new HelpExample(line[4..].Trim()));
                paragraphs = example.Remarks;
            }
            else if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                paragraphs = [];
            }
            else if (section.Length == 0)
            {
                page.Synopsis = (page.Synopsis + " " + Plain(line)).Trim();
            }
            else
            {
                AddLine(paragraphs ?? (line.Trim().Length == 0 ? [] : throw Unexpected(path, line)), line);
            }
        }

        return page;
    }

    private static List<string>? SectionOf(HelpPage page, string section) => section switch
    {
        "Description" => page.Description,
        "Output" => page.Output,
        "Errors" => page.Errors,
        "See also" => page.SeeAlso,
        _ => null,
    };

    // Lines of a paragraph are joined; an empty line or a list item begins the next one.
    private static void AddLine(List<string> paragraphs, string line)
    {
        var text = Plain(line);
        if (text.Length == 0 || paragraphs.Count == 0 || paragraphs[^1].Length == 0 || line.StartsWith("- ", StringComparison.Ordinal))
        {
            paragraphs.Add(text);
        }
        else
        {
            paragraphs[^1] += " " + text;
        }
    }

    private static string Plain(string line) => Marks().Replace(Links().Replace(line.Trim(), "$1"), "");

    private static InvalidDataException Unexpected(string path, string line) => new($"{path}: '{line}' is not expected here.");

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"\*\*|`")]
    private static partial Regex Marks();
}
