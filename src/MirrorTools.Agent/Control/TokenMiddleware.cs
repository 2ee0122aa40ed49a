using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Hosting;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Control;

/// <summary>Lets only requests with the token through, whatever the path (P-9).</summary>
internal sealed class TokenMiddleware(RequestDelegate next, ControlToken token)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (token.Admits(context.Request.Headers.Authorization))
        {
            return next(context);
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        return ErrorMiddleware.AnswerAsync(context, ErrorTable.Body(ErrorIds.AccessDenied, "The request carries no token of this agent, or a wrong one."));
    }
}
