namespace MirrorTools.Engine.Link;

/// <summary>A link session or channel has ended; a reconnect brings a new session.</summary>
public sealed class LinkClosedException : IOException
{
    /// <summary>Creates the exception.</summary>
    public LinkClosedException(LinkCloseReason reason, string message, Exception? innerException = null)
        : base(message, innerException) => Reason = reason;

    /// <summary>Why it ended.</summary>
    public LinkCloseReason Reason { get; }

    /// <summary>Whether connecting again may help without anybody changing anything.</summary>
    public bool IsTransient => Reason is not (LinkCloseReason.VersionMismatch or LinkCloseReason.WrongPeer);

    /// <summary>The same for another waiter: an exception that is thrown twice loses its first stack.</summary>
    internal LinkClosedException Again() => new(Reason, Message, InnerException);
}
