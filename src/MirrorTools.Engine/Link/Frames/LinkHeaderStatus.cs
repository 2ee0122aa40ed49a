namespace MirrorTools.Engine.Link.Frames;

/// <summary>What became of reading a frame's header.</summary>
public enum LinkHeaderStatus
{
    /// <summary>The header is good.</summary>
    Valid,

    /// <summary>The magic is missing: the other end speaks something else.</summary>
    NotALink,

    /// <summary>The header's layout is of another time.</summary>
    OtherLayout,

    /// <summary>The header does not match its checksum.</summary>
    ChecksumMismatch,

    /// <summary>The payload is longer than any frame may be.</summary>
    TooLong,
}
