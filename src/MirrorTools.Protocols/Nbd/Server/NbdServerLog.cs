using Microsoft.Extensions.Logging;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The log lines of the NBD server, events 4100 to 4149.</summary>
internal static partial class NbdServerLog
{
    [LoggerMessage(4100, LogLevel.Information, "NBD server listens on {Address}.")]
    public static partial void Listening(this ILogger logger, string address);

    [LoggerMessage(4101, LogLevel.Information, "NBD connection {Connection} from {Peer} is attached to export '{Export}'.")]
    public static partial void Attached(this ILogger logger, long connection, string peer, string export);

    [LoggerMessage(4102, LogLevel.Information, "NBD connection {Connection} is closed after {Requests} requests.")]
    public static partial void Closed(this ILogger logger, long connection, long requests);

    [LoggerMessage(4103, LogLevel.Warning, "NBD connection {Connection} from {Peer} is closed after {Requests} requests: {Cause}")]
    public static partial void Broken(this ILogger logger, long connection, string peer, long requests, string cause, Exception? fault);

    [LoggerMessage(4104, LogLevel.Warning, "NBD connection {Connection}, export '{Export}': {Command} at {OffsetBytes} failed with {Error}.")]
    public static partial void RequestFailed(
        this ILogger logger, long connection, string export, NbdCommand command, ulong offsetBytes, NbdError error, Exception fault);

    [LoggerMessage(4105, LogLevel.Warning, "NBD server refused a connection: {MaxConnections} are open.")]
    public static partial void TooManyConnections(this ILogger logger, int maxConnections);

    [LoggerMessage(4106, LogLevel.Warning, "NBD connection {Connection}: requests were still in flight at the deadline; they are cut off.")]
    public static partial void CutOff(this ILogger logger, long connection);

    [LoggerMessage(4107, LogLevel.Error, "NBD connection {Connection} failed unexpectedly.")]
    public static partial void Unexpected(this ILogger logger, long connection, Exception fault);

    [LoggerMessage(4108, LogLevel.Warning, "NBD server could not accept on {Address}.")]
    public static partial void AcceptFailed(this ILogger logger, string address, Exception fault);
}
