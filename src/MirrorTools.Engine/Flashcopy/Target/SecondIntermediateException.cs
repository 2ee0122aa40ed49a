namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>The second intermediate could not be made durable; nothing else is wrong.</summary>
/// <param name="message">What went wrong.</param>
/// <param name="innerException">The storage's own fault.</param>
internal sealed class SecondIntermediateException(string message, Exception innerException) : IOException(message, innerException);
