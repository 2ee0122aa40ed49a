namespace MirrorTools.Engine.Journal;

/// <summary>A part of a metadata file that should be there is not valid.</summary>
/// <param name="part">Which part: such as <c>superblock</c>, <c>state record</c>, <c>dirty-region log</c>.</param>
/// <param name="message">A sentence that names the part and the cause.</param>
/// <param name="innerException">What lies under it.</param>
public sealed class MetadataCorruptException(string part, string message, Exception? innerException = null) : IOException(message, innerException)
{
    /// <summary>The part of the file.</summary>
    public string Part { get; } = part;
}
