namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>Which part failed the second flashcopy.</summary>
internal enum CopyBackFault
{
    /// <summary>C could not be read.</summary>
    Intermediate,

    /// <summary>D could not be written or flushed.</summary>
    Target,

    /// <summary>The maps could not be written.</summary>
    Metadata,
}
