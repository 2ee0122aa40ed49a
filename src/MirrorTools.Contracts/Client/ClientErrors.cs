using System.Globalization;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Contracts.Client;

/// <summary>The errors that arise on the client's side of the control API.</summary>
internal static class ClientErrors
{
    public static MirrorApiException NotRunning(string place, Exception? inner) => MirrorApiException.Create(
        ErrorIds.MirrorAgentNotRunning,
        $"No agent answers for the state directory '{place}'.",
        "Run Start-MirrorAgent, or give the agent's state directory with -Agent.",
        "ConnectionError",
        place,
        inner);

    public static MirrorApiException TimedOut(string place, TimeSpan deadline, Exception inner) => MirrorApiException.Create(
        ErrorIds.MirrorAgentTimeout,
        string.Format(CultureInfo.InvariantCulture, "The agent of '{0}' did not answer within {1:0} s.", place, deadline.TotalSeconds),
        "Look at the agent with Get-MirrorAgent and Get-MirrorEvent; its log says what keeps it.",
        "OperationTimeout",
        place,
        inner);

    public static MirrorApiException NotUnderstood(string place, string what, Exception? inner) => MirrorApiException.Create(
        ErrorIds.MirrorAgentProtocolError,
        $"The agent of '{place}' was not understood. {what}",
        "Compare the versions with Get-MirrorAgent, and use the module that came with the agent.",
        "ProtocolError",
        place,
        inner);

    public static MirrorApiException TokenRefused(string place) => MirrorApiException.Create(
        ErrorIds.AccessDenied,
        $"The agent of '{place}' refused the token.",
        "Run as the account that started the agent, or restart it with Stop-MirrorAgent and Start-MirrorAgent.",
        "PermissionDenied",
        place);

    public static MirrorApiException TokenUnreadable(string path, Exception inner) => MirrorApiException.Create(
        ErrorIds.MirrorAgentTokenUnreadable,
        $"The token file '{path}' cannot be read: {inner.Message}",
        "Run as the account that started the agent, or as an administrator.",
        "PermissionDenied",
        path,
        inner);

    public static MirrorApiException RecordUnreadable(string path, Exception inner) => MirrorApiException.Create(
        ErrorIds.MirrorAgentNotRunning,
        $"The file '{path}' cannot be read: {inner.Message}",
        "Run Start-MirrorAgent; it writes the file anew.",
        "ConnectionError",
        path,
        inner);
}
