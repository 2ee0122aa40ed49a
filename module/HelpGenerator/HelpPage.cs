namespace MirrorTools.HelpGenerator;

/// <summary>A page of docs/cmdlets, taken apart.</summary>
internal sealed class HelpPage
{
    public required string Name { get; init; }

    public string Synopsis { get; set; } = "";

    public List<string> Description { get; } = [];

    public Dictionary<string, List<string>> Parameters { get; } = new(StringComparer.OrdinalIgnoreCase);

    public List<HelpExample> Examples { get; } = [];

    public List<string> Output { get; } = [];

    public List<string> Errors { get; } = [];

    public List<string> SeeAlso { get; } = [];
}
