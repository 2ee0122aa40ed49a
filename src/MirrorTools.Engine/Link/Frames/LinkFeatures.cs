namespace MirrorTools.Engine.Link.Frames;

/// <summary>What both ends may agree to use beyond the version's own rules.</summary>
[Flags]
public enum LinkFeatures : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Messages may carry <see cref="LinkFrameFlags.Compressed"/>.</summary>
    Compression = 1,

    /// <summary>The agent has asynchronous copy: it may be asked to make a side of such a pair.</summary>
    AsyncCopy = 2,

    /// <summary>The agent knows that a group's pairs may be at several agents: it may be told of such a group.</summary>
    SpreadGroups = 4,
}
