namespace MirrorTools.Engine.Link;

/// <summary>A request to the peer was answered with an error. A handler throws it to choose the id that the other side sees.</summary>
public sealed class LinkRequestException : Exception
{
    /// <summary>The peer has no handler of that name.</summary>
    public const string UnknownMethod = "LinkUnknownMethod";

    /// <summary>The peer did not answer before the request's deadline.</summary>
    public const string DeadlineExceeded = "LinkDeadlineExceeded";

    /// <summary>Too many requests are under way.</summary>
    public const string Busy = "LinkBusy";

    /// <summary>The handler failed with an error that has no id of its own.</summary>
    public const string HandlerFailed = "LinkHandlerFailed";

    /// <summary>Creates the exception.</summary>
    public LinkRequestException(string errorId, string message, Exception? innerException = null)
        : base(message, innerException) => ErrorId = errorId;

    /// <summary>The documented id of the error.</summary>
    public string ErrorId { get; }
}
