namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>The source storage could not be read or made durable; the metadata is not what failed.</summary>
/// <param name="message">What went wrong.</param>
/// <param name="innerException">The storage's own fault.</param>
internal sealed class SourceFailedException(string message, Exception innerException) : IOException(message, innerException);
