namespace MirrorTools.Protocols.Nbd;

/// <summary>A request or a negotiation that failed with an error of the protocol; thrown by exports and by the client.</summary>
public sealed class NbdException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">What the other end is, or was, told.</param>
    /// <param name="message">A sentence that names the export and the cause.</param>
    /// <param name="innerException">The fault behind it.</param>
    public NbdException(NbdError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>What the other end is, or was, told.</summary>
    public NbdError Error { get; }

    /// <summary>True where the same request may succeed later, or at another address.</summary>
    public bool IsTransient => Error is NbdError.NoMemory or NbdError.ShuttingDown or NbdError.NoSpace;
}
