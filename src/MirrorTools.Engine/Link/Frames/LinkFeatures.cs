namespace MirrorTools.Engine.Link.Frames;

/// <summary>What both ends may agree to use beyond the version's own rules.</summary>
[Flags]
public enum LinkFeatures : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Messages may carry <see cref="LinkFrameFlags.Compressed"/>.</summary>
    Compression = 1,
}
