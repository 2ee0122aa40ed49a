using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Hosting;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Control;

/// <summary>Lets only requests with the token through, whatever the path (P-9).</summary>
internal sealed partial class TokenMiddleware(RequestDelegate next, ControlToken token, ILogger<TokenMiddleware> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (token.Admits(context.Request.Headers.Authorization))
        {
            return next(context);
        }

        LogRefused($"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}", context.Request.Method);
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return ErrorMiddleware.AnswerAsync(context, ErrorTable.Body(ErrorIds.AccessDenied, "The request carries no token of this agent, or a wrong one."));
    }

    [LoggerMessage(102, LogLevel.Information, "A request ({Method}) to the control API from {Address} was refused: no token of this agent")]
    private partial void LogRefused(string address, string method);
}
