namespace MirrorTools.Engine.Journal;

/// <summary>A metadata file was written by a program whose format this one does not know; nothing was changed.</summary>
/// <param name="message">A sentence that names what is unknown.</param>
public sealed class MetadataVersionException(string message) : IOException(message);
