using Microsoft.Extensions.Logging;

namespace MirrorTools.Engine.Link;

/// <summary>What the link logs; event ids 1200 to 1299.</summary>
internal static partial class LinkLog
{
    [LoggerMessage(1200, LogLevel.Information, "Link session {SessionId} with agent {PeerAgentId} started, protocol version {Version}.")]
    public static partial void Started(ILogger logger, Guid sessionId, Guid peerAgentId, int version);

    [LoggerMessage(1201, LogLevel.Information, "Link session {SessionId} with agent {PeerAgentId} ended: {Reason}. {Cause}")]
    public static partial void Ended(ILogger logger, Guid sessionId, Guid peerAgentId, LinkCloseReason reason, string cause);

    [LoggerMessage(1202, LogLevel.Warning, "The acceptor of channels failed for pair {PairId} on link session {SessionId}; the channel is refused.")]
    public static partial void AcceptorFailed(ILogger logger, Exception exception, Guid pairId, Guid sessionId);

    [LoggerMessage(1203, LogLevel.Warning, "The handler of request '{Method}' failed on link session {SessionId}.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string method, Guid sessionId);

    [LoggerMessage(1204, LogLevel.Error, "A fault that the link does not know ended session {SessionId}.")]
    public static partial void UnknownFault(ILogger logger, Exception exception, Guid sessionId);

    [LoggerMessage(1205, LogLevel.Debug, "Closing the transport of link session {SessionId} failed.")]
    public static partial void CloseFailed(ILogger logger, Exception exception, Guid sessionId);
}
