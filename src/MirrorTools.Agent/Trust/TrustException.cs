namespace MirrorTools.Agent.Trust;

/// <summary>Two agents could not be made to trust each other, or a trust could not be read or changed.</summary>
public sealed class TrustException : Exception
{
    /// <summary>Creates the exception; <paramref name="message"/> names the cause and the cmdlet that helps.</summary>
    public TrustException(TrustErrorId errorId, string message, Exception? innerException = null)
        : base(message, innerException) => ErrorId = errorId;

    /// <summary>The documented id of the error.</summary>
    public TrustErrorId ErrorId { get; }

    /// <summary>Whether trying the same again may help.</summary>
    public bool IsTransient => ErrorId is TrustErrorId.PeerUnreachable;
}
