namespace MirrorTools.Engine.Link.Frames;

/// <summary>Flags in a frame's header.</summary>
[Flags]
public enum LinkFrameFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The data of a message is compressed with Brotli.</summary>
    Compressed = 1,
}
