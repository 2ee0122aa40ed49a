namespace MirrorTools.Engine.Link;

/// <summary>The constants of the link's protocol, in one place. docs/formats/link.md shows the frames.</summary>
public static class LinkProtocol
{
    /// <summary>Newest protocol version that this build speaks (N).</summary>
    public const ushort NewestVersion = 1;

    /// <summary>Oldest protocol version that this build speaks (N-1, or N while there is only one).</summary>
    public const ushort OldestVersion = 1;

    /// <summary>Largest payload of a message in bytes: the largest grain.</summary>
    public const int MaxPayloadBytes = 4 << 20;
}
