using System.Management.Automation;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Connection;

/// <summary>Turns errors of the control API into error records.</summary>
internal static class MirrorErrors
{
    private const int FirstWithRecommendations = 7;

    private static bool ShowsRecommendations => typeof(PSObject).Assembly.GetName().Version?.Major >= FirstWithRecommendations;

    /// <summary>Makes the record: id, category, target, and the action that is recommended.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="target">What the cmdlet was working on, where the error names nothing.</param>
    public static ErrorRecord ToRecord(MirrorApiException error, object? target)
    {
        var body = error.Error;
        var category = Enum.TryParse<ErrorCategory>(body.Category, ignoreCase: true, out var named) ? named : ErrorCategory.NotSpecified;
        return new ErrorRecord(error, body.ErrorId, category, body.Target ?? target)
        {
            ErrorDetails = new ErrorDetails(Sentence(body)) { RecommendedAction = body.RecommendedAction },
        };
    }

    /// <summary>True where nothing else can be asked of the same agent either.</summary>
    public static bool EndsEverything(MirrorApiException error) => error.Error.ErrorId is
        ErrorIds.MirrorAgentNotRunning or ErrorIds.MirrorAgentTokenUnreadable or ErrorIds.AccessDenied or
        ErrorIds.ApiVersionNotSupported or ErrorIds.MirrorAgentStopping;

    /// <summary>A value that was given and cannot be used.</summary>
    public static MirrorApiException Invalid(string message, string recommendedAction, string? target) =>
        MirrorApiException.Create(ErrorIds.InvalidArgument, message, recommendedAction, nameof(ErrorCategory.InvalidArgument), target);

    // PowerShell 7 shows the recommended action itself; Windows PowerShell shows the message only, so the remedy is said there too.
    private static string Sentence(ErrorBody body) => ShowsRecommendations || body.RecommendedAction.Length == 0 || body.Message.Contains(body.RecommendedAction)
        ? body.Message
        : $"{body.Message} {body.RecommendedAction}";
}
