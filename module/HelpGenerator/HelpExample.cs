namespace MirrorTools.HelpGenerator;

/// <summary>An example: what it shows, the commands, and what they do.</summary>
internal sealed record HelpExample(string Title)
{
    public List<string> Code { get; } = [];

    public List<string> Remarks { get; } = [];
}
