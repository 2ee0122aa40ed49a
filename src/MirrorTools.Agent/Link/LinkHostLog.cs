namespace MirrorTools.Agent.Link;

/// <summary>What the agent's side of the link logs; event ids 1300 to 1399.</summary>
internal static partial class LinkHostLog
{
    [LoggerMessage(1300, LogLevel.Information, "The link listens on {EndPoint}.")]
    public static partial void Listening(ILogger logger, string endPoint);

    [LoggerMessage(1301, LogLevel.Warning, "A connection from {Address} was closed: its key {Fingerprint} is not trusted ({Total} so far).")]
    public static partial void UnknownKey(ILogger logger, string address, string fingerprint, long total);

    [LoggerMessage(1302, LogLevel.Information, "A connection from {Address} was closed: no handshake, {Cause} ({Total} so far).")]
    public static partial void HandshakeFailed(ILogger logger, string address, string cause, long total);

    [LoggerMessage(1303, LogLevel.Warning, "A connection from {Address} was closed: too many are shaking hands ({Total} so far).")]
    public static partial void TurnedAway(ILogger logger, string address, long total);

    [LoggerMessage(1304, LogLevel.Warning, "The link can't accept connections on {EndPoint} for the moment.")]
    public static partial void AcceptFailed(ILogger logger, Exception exception, string endPoint);

    [LoggerMessage(1305, LogLevel.Information, "Agent {AgentId} ('{Name}') is trusted now; it was paired from {Address}.")]
    public static partial void Paired(ILogger logger, Guid agentId, string name, string address);

    [LoggerMessage(1306, LogLevel.Warning, "Pairing from {Address} failed: {Status} ({Total} so far).")]
    public static partial void PairingFailed(ILogger logger, string address, string status, long total);

    [LoggerMessage(1307, LogLevel.Information, "Agent {AgentId} ('{Name}') can't be connected: {Cause} Next attempt in {DelayMs} ms.")]
    public static partial void ConnectFailed(ILogger logger, Guid agentId, string name, string cause, long delayMs);

    [LoggerMessage(1308, LogLevel.Information, "Link session {SessionId} with agent {AgentId} replaces {OldSessionId}.")]
    public static partial void Replaced(ILogger logger, Guid sessionId, Guid agentId, Guid oldSessionId);

    [LoggerMessage(1309, LogLevel.Error, "A subscriber of the peer directory failed for agent {AgentId}.")]
    public static partial void SubscriberFailed(ILogger logger, Exception exception, Guid agentId);

    [LoggerMessage(1310, LogLevel.Error, "A part of the link ended with a fault that it does not know.")]
    public static partial void UnknownFault(ILogger logger, Exception exception);
}
