using System.Text.Json;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Control.Json;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Control;

/// <summary>Turns exceptions, and answers without a body, into the contract's error body.</summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, ILogger<ErrorMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client hung up; nobody is left to be told.
            return;
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            var known = ErrorTranslation.Translate(error);
            if (known.ErrorId == ErrorIds.InternalError)
            {
                LogUnforeseen(context.Request.Method, context.Request.Path, error);
            }

            await AnswerAsync(context, ErrorTable.Body(known));
            return;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null })
        {
            await AnswerAsync(context, BodyFor(context.Response.StatusCode, context.Request));
        }
    }

    /// <summary>Answers with an error body and the status of its id.</summary>
    public static async Task AnswerAsync(HttpContext context, ErrorBody body)
    {
        context.Response.StatusCode = ErrorTable.Find(body.ErrorId).Status;
        context.Response.ContentType = "application/json";
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, ContractJson.Options);
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    // What the framework itself answers has a status and nothing else.
    private static ErrorBody BodyFor(int status, HttpRequest request) => status switch
    {
        StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed => ErrorTable.Body(
            ErrorIds.ApiVersionNotSupported, $"This agent has no route {request.Method} {request.Path}."),
        StatusCodes.Status413PayloadTooLarge => ErrorTable.Body(
            ErrorIds.RequestTooLarge, $"The body of {request.Method} {request.Path} is larger than {ApiLimits.MaxRequestJsonBytes} bytes."),
        _ => ErrorTable.Body(ErrorIds.InvalidArgument, $"{request.Method} {request.Path} can't be understood (HTTP status {status})."),
    };

    [LoggerMessage(100, LogLevel.Error, "{Method} {Path} failed in an unforeseen way")]
    private partial void LogUnforeseen(string method, string path, Exception error);
}
