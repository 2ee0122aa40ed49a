namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>The first intermediate could not be made durable; nothing else is wrong (F-22).</summary>
/// <param name="message">What went wrong.</param>
/// <param name="innerException">The storage's own fault.</param>
internal sealed class FirstIntermediateException(string message, Exception innerException) : IOException(message, innerException);
