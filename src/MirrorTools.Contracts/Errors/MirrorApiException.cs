namespace MirrorTools.Contracts.Errors;

/// <summary>An error of the control API: what the agent answered, or what kept its answer from arriving.</summary>
public sealed class MirrorApiException : Exception
{
    /// <summary>Makes one from an error body.</summary>
    /// <param name="error">What to report.</param>
    /// <param name="statusCode">The HTTP status; 0 where there was no answer.</param>
    /// <param name="inner">The cause.</param>
    public MirrorApiException(ErrorBody error, int statusCode = 0, Exception? inner = null)
        : base(error.Message, inner)
    {
        Error = error;
        StatusCode = statusCode;
    }

    /// <summary>What to report.</summary>
    public ErrorBody Error { get; }

    /// <summary>The HTTP status; 0 where there was no answer.</summary>
    public int StatusCode { get; }

    /// <summary>Makes one of parts.</summary>
    /// <param name="errorId">One of <see cref="ErrorIds"/>.</param>
    /// <param name="message">What went wrong and why.</param>
    /// <param name="recommendedAction">What to do about it.</param>
    /// <param name="category">The name of a PowerShell error category.</param>
    /// <param name="target">What it is about.</param>
    /// <param name="inner">The cause.</param>
    public static MirrorApiException Create(
        string errorId, string message, string recommendedAction, string category, string? target = null, Exception? inner = null)
    {
        var error = new ErrorBody
        {
            ErrorId = errorId,
            Message = message,
            RecommendedAction = recommendedAction,
            Category = category,
            Target = target,
        };
        return new MirrorApiException(error, 0, inner);
    }
}
