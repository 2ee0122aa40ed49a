namespace MirrorTools.Engine.Copying;

/// <summary>Which part failed a copy step.</summary>
internal enum CopyFault
{
    /// <summary>A could not be read.</summary>
    Source,

    /// <summary>B could not be read or written.</summary>
    Intermediate,

    /// <summary>The link did something else than close.</summary>
    Link,
}
